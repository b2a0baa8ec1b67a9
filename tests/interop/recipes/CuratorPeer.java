import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.recipes.locks.InterProcessLock;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import org.apache.curator.retry.ExponentialBackoffRetry;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.ServiceInstance;
import org.apache.curator.x.discovery.UriSpec;

/**
 * usage: CuratorPeer MODE SERVERS PATH COUNT NAME [ARGUMENT]
 *
 * Contends with other processes by one of Curator's recipes and prints what happens, as recipe-worker does.
 */
public class CuratorPeer {
    private static String name;

    private static void write(String line) {
        System.out.println(System.nanoTime() + " " + line);
    }

    private static void critical(String kind) throws Exception {
        write(("enter " + name + " " + kind).trim());
        Thread.sleep(5);
        write(("exit " + name + " " + kind).trim());
    }

    private static void contend(InterProcessLock lock, int count, String kind) throws Exception {
        for (int i = 0; i < count; i++) {
            lock.acquire();
            try {
                critical(kind);
            } finally {
                lock.release();
            }
        }
    }

    private static ServiceDiscovery<Map> discovery(CuratorFramework client, String path) throws Exception {
        ServiceDiscovery<Map> discovery = ServiceDiscoveryBuilder.builder(Map.class).client(client).basePath(path).build();
        discovery.start();
        return discovery;
    }

    public static void main(String[] args) throws Exception {
        String mode = args[0], path = args[2];
        int count = Integer.parseInt(args[3]);
        name = args[4];
        String argument = args.length > 5 ? args[5] : null;
        CuratorFramework client = CuratorFrameworkFactory.newClient(args[1], 15000, 15000, new ExponentialBackoffRetry(200, 10));
        client.start();
        client.blockUntilConnected(30, TimeUnit.SECONDS);
        switch (mode) {
            case "lock":
                contend(new InterProcessMutex(client, path), count, "");
                break;
            case "read":
                contend(new InterProcessReadWriteLock(client, path).readLock(), count, "read");
                break;
            case "write":
                contend(new InterProcessReadWriteLock(client, path).writeLock(), count, "write");
                break;
            case "semaphore":
                InterProcessSemaphoreV2 semaphore = new InterProcessSemaphoreV2(client, path, Integer.parseInt(argument));
                for (int i = 0; i < count; i++) {
                    Lease lease = semaphore.acquire();
                    critical("");
                    semaphore.returnLease(lease);
                }
                break;
            case "latch":
                for (int i = 0; i < count; i++) {
                    try (LeaderLatch latch = new LeaderLatch(client, path, name)) {
                        latch.start();
                        latch.await();
                        critical("");
                    }
                }
                break;
            case "election":
                CountDownLatch terms = new CountDownLatch(count);
                LeaderSelector selector = new LeaderSelector(client, path, new LeaderSelectorListenerAdapter() {
                    @Override
                    public void takeLeadership(CuratorFramework c) throws Exception {
                        // A term more would be interrupted by the end.
                        if (terms.getCount() == 0)
                            return;
                        critical("");
                        terms.countDown();
                    }
                });
                selector.setId(name);
                selector.autoRequeue();
                selector.start();
                terms.await();
                selector.close();
                break;
            case "send":
                for (int i = 0; i < count; i++) {
                    new SimpleDistributedQueue(client, path).offer((name + "-" + i).getBytes(StandardCharsets.UTF_8));
                    write("sent " + name + "-" + i);
                }
                break;
            case "receive":
                SimpleDistributedQueue queue = new SimpleDistributedQueue(client, path);
                String text;
                do {
                    text = new String(queue.take(), StandardCharsets.UTF_8);
                    write("got " + text + " " + name);
                } while (!text.equals("stop"));
                break;
            case "barrier":
                for (int i = 0; i < count; i++) {
                    DistributedDoubleBarrier barrier = new DistributedDoubleBarrier(client, path, Integer.parseInt(argument));
                    write("arrive " + i + " " + name);
                    barrier.enter();
                    write("in " + i + " " + name);
                    Thread.sleep(20);
                    write("leave " + i + " " + name);
                    barrier.leave();
                    write("out " + i + " " + name);
                }
                break;
            case "count":
                DistributedAtomicLong counter = new DistributedAtomicLong(client, path, new ExponentialBackoffRetry(5, 20));
                for (int i = 0; i < count; ) {
                    if (counter.increment().succeeded())
                        i++;
                }
                break;
            case "discover":
                for (ServiceInstance<Map> found : discovery(client, path).queryForInstances(name)) {
                    write("found " + found.getId() + " " + found.getAddress() + ":" + found.getPort() + " " + found.getServiceType() + " "
                            + found.isEnabled() + " " + found.buildUriSpec() + " " + (found.getPayload() == null ? null : found.getPayload().get("zone")));
                }
                break;
            case "register":
                Map<String, Object> payload = new HashMap<>();
                payload.put("zone", "east");
                discovery(client, path).registerService(ServiceInstance.<Map>builder().name(name).id("curator-1").address("10.0.0.9").port(99)
                        .payload(payload).uriSpec(new UriSpec("{scheme}://{address}:{port}")).build());
                write("registered");
                System.in.read();
                break;
            default:
                throw new IllegalArgumentException("'" + mode + "' is no mode of this program.");
        }
        client.close();
        System.exit(0);
    }
}
