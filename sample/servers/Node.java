import java.nio.file.Path;
import java.util.Map;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.plugins.PluginsLoader;

/** One Elasticsearch node without the launcher of the full distribution: HOME DATA PORT. Ends on SIGTERM. */
public final class Node {
    private Node() {}

    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]);
        Path data = Path.of(arguments[1]);
        LogConfigurator.configureESLogging();
        Settings settings = Settings.builder()
            .put("cluster.name", "beatwatch")
            .put("discovery.type", "single-node")
            .put("http.port", arguments[2])
            .put("network.host", "127.0.0.1")
            .put("path.data", data)
            .put("path.home", home)
            .put("path.logs", data.resolve("logs"))
            .put("transport.port", "0")
            .build();
        LogConfigurator.configureWithoutConfig(settings);
        Environment environment =
            InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), home.resolve("config"), () -> "beatwatch");
        PluginsLoader plugins = PluginsLoader.createPluginsLoader(
            PluginsLoader.loadModulesBundles(environment.modulesDir()),
            PluginsLoader.loadPluginsBundles(environment.pluginsDir()),
            Map.of(),
            false);
        org.elasticsearch.node.Node node = new org.elasticsearch.node.Node(environment, plugins);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(node)));
        node.start();
        Thread.currentThread().join();
    }

    private static void close(org.elasticsearch.node.Node node) {
        try {
            node.close();
        } catch (Exception error) {
            error.printStackTrace();
        }
    }
}
