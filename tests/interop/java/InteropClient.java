import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.WatcherType;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.data.Stat;

/**
 * A program on Apache's Java client that uses every operation of its API on a standalone server with extendedTypesEnabled=true.
 * usage: InteropClient HOST:PORT. Prints a line for each check and, last, 'java: N passed, N failed'.
 */
public final class InteropClient {
    private static final List<ACL> OPEN = Ids.OPEN_ACL_UNSAFE;
    private static String server;
    private static String chroot;
    private static ZooKeeper zk;
    private static int passed;
    private static int failed;

    private interface Check {
        void run() throws Exception;
    }

    public static void main(String[] args) throws Exception {
        server = args[0];
        ZooKeeper root = connect("");
        String base = "/interop-" + root.getSessionId();
        root.create(base, null, OPEN, CreateMode.PERSISTENT);
        chroot = base;
        zk = connect(chroot);

        check("create, getData and exists agree on data and stat", InteropClient::createAndRead);
        check("data is empty, null and up to the limit", InteropClient::dataSizes);
        check("sequential znodes count their parent's changes", InteropClient::sequential);
        check("ephemeral znodes go with their session", InteropClient::ephemeral);
        check("container and TTL znodes can be created", InteropClient::containerAndTtl);
        check("setData and delete compare versions", InteropClient::versions);
        check("errors have the codes that the API documents", InteropClient::errors);
        check("getChildren lists names and the parent's stat", InteropClient::children);
        check("multi carries out all or nothing", InteropClient::multi);
        check("multi of reads answers each by itself", InteropClient::multiRead);
        check("access control lists are kept and obeyed", InteropClient::acl);
        check("one-shot watches fire once and in order", InteropClient::watches);
        check("persistent and recursive watches go on firing", InteropClient::persistentWatches);
        check("watches can be removed", InteropClient::removeWatches);
        check("watches are armed again after a reconnect", InteropClient::reconnect);
        check("a session moves with its password, and not without", InteropClient::sessionMoves);
        check("getEphemerals, getAllChildrenNumber, whoAmI, sync", InteropClient::others);
        check("asynchronous calls are answered in order", InteropClient::asynchronous);

        zk.close();
        root.close();
        System.out.println("java: " + passed + " passed, " + failed + " failed");
        System.exit(failed == 0 ? 0 : 1);
    }

    private static void createAndRead() throws Exception {
        Stat created = new Stat();
        equal("/a", zk.create("/a", bytes("one"), OPEN, CreateMode.PERSISTENT, created));
        Stat read = new Stat();
        equal("one", text(zk.getData("/a", false, read)));
        equal(created, read);
        equal(read, zk.exists("/a", false));
        equal(0, read.getVersion());
        equal(read.getCzxid(), read.getMzxid());
        equal(read.getCzxid(), read.getPzxid());
        equal(3, read.getDataLength());
        equal(0L, read.getEphemeralOwner());
        yes(Math.abs(System.currentTimeMillis() - read.getCtime()) < 600_000, "ctime is now");
        equal(null, zk.exists("/none", false));
    }

    private static void dataSizes() throws Exception {
        zk.create("/empty", new byte[0], OPEN, CreateMode.PERSISTENT);
        equal(0, zk.getData("/empty", false, null).length);
        zk.create("/null", null, OPEN, CreateMode.PERSISTENT);
        equal(null, zk.getData("/null", false, null));
        byte[] large = new byte[1_000_000];
        Arrays.fill(large, (byte) 7);
        zk.create("/large", large, OPEN, CreateMode.PERSISTENT);
        yes(Arrays.equals(large, zk.getData("/large", false, null)), "a million bytes come back");
        zk.create("/\u00e4\u20ac\u6f22", bytes("x"), OPEN, CreateMode.PERSISTENT);
        yes(zk.getChildren("/", false).contains("\u00e4\u20ac\u6f22"), "names are UTF-8");
    }

    private static void sequential() throws Exception {
        zk.create("/seq", null, OPEN, CreateMode.PERSISTENT);
        equal("/seq/n-0000000000", zk.create("/seq/n-", null, OPEN, CreateMode.PERSISTENT_SEQUENTIAL));
        equal("/seq/n-0000000001", zk.create("/seq/n-", null, OPEN, CreateMode.EPHEMERAL_SEQUENTIAL));
        zk.create("/seq/plain", null, OPEN, CreateMode.PERSISTENT);
        equal("/seq/0000000003", zk.create("/seq/", null, OPEN, CreateMode.PERSISTENT_SEQUENTIAL));
    }

    private static void ephemeral() throws Exception {
        ZooKeeper other = connect(chroot);
        other.create("/eph", null, OPEN, CreateMode.EPHEMERAL);
        equal(other.getSessionId(), zk.exists("/eph", false).getEphemeralOwner());
        fails(Code.NOCHILDRENFOREPHEMERALS, () -> zk.create("/eph/x", null, OPEN, CreateMode.PERSISTENT));
        other.close();
        equal(null, zk.exists("/eph", false));
    }

    private static void containerAndTtl() throws Exception {
        zk.create("/container", null, OPEN, CreateMode.CONTAINER);
        // Their marks are the server's own affair: clients see no owner.
        equal(0L, zk.exists("/container", false).getEphemeralOwner());
        zk.create("/ttl", null, OPEN, CreateMode.PERSISTENT_WITH_TTL, null, 60_000);
        equal(0L, zk.exists("/ttl", false).getEphemeralOwner());
        yes(zk.create("/ttl-", null, OPEN, CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL, null, 60_000).matches("/ttl-\\d{10}"), "with a counter");
    }

    private static void versions() throws Exception {
        zk.create("/v", bytes("0"), OPEN, CreateMode.PERSISTENT);
        equal(1, zk.setData("/v", bytes("1"), 0).getVersion());
        fails(Code.BADVERSION, () -> zk.setData("/v", bytes("x"), 0));
        equal(2, zk.setData("/v", bytes("2"), -1).getVersion());
        fails(Code.BADVERSION, () -> zk.delete("/v", 1));
        zk.delete("/v", 2);
    }

    private static void errors() throws Exception {
        zk.create("/e", null, OPEN, CreateMode.PERSISTENT);
        zk.create("/e/child", null, OPEN, CreateMode.PERSISTENT);
        fails(Code.NODEEXISTS, () -> zk.create("/e", null, OPEN, CreateMode.PERSISTENT));
        fails(Code.NONODE, () -> zk.create("/no/parent", null, OPEN, CreateMode.PERSISTENT));
        fails(Code.NONODE, () -> zk.getData("/no", false, null));
        fails(Code.NONODE, () -> zk.getChildren("/no", false));
        fails(Code.NONODE, () -> zk.setData("/no", null, -1));
        fails(Code.NOTEMPTY, () -> zk.delete("/e", -1));
        fails(Code.INVALIDACL, () -> zk.create("/bad", null, Collections.emptyList(), CreateMode.PERSISTENT));
        fails(Code.INVALIDACL, () -> zk.create("/bad", null, acl("nosuchscheme", "x"), CreateMode.PERSISTENT));
        fails(Code.NOAUTH, () -> zk.setData("/large", null, aclOfNobody()));
    }

    private static int aclOfNobody() throws Exception {
        zk.setACL("/large", Collections.singletonList(new ACL(Perms.READ, Ids.ANYONE_ID_UNSAFE)), -1);
        return -1;
    }

    private static void children() throws Exception {
        zk.create("/c", null, OPEN, CreateMode.PERSISTENT);
        for (int i = 0; i < 100; i++) {
            zk.create("/c/" + i, null, OPEN, CreateMode.PERSISTENT);
        }
        Stat stat = new Stat();
        List<String> names = zk.getChildren("/c", false, stat);
        equal(100, names.size());
        equal(100, stat.getNumChildren());
        equal(100, stat.getCversion());
        equal(zk.exists("/c", false), stat);
    }

    private static void multi() throws Exception {
        List<OpResult> results = zk.multi(Arrays.asList(
            Op.create("/m", bytes("1"), OPEN, CreateMode.PERSISTENT), Op.create("/m/s-", null, OPEN, CreateMode.PERSISTENT_SEQUENTIAL),
            Op.setData("/m", bytes("2"), 0), Op.check("/m", 1), Op.delete("/m/s-0000000000", -1)));
        // The Java client leaves the chroot in these.
        equal(chroot + "/m", ((OpResult.CreateResult) results.get(0)).getPath());
        equal(chroot + "/m/s-0000000000", ((OpResult.CreateResult) results.get(1)).getPath());
        equal(1, ((OpResult.SetDataResult) results.get(2)).getStat().getVersion());
        try {
            zk.multi(Arrays.asList(Op.setData("/m", bytes("3"), 1), Op.check("/m", 99), Op.delete("/m", -1)));
            throw new IllegalStateException("a multi with a wrong version passed");
        } catch (KeeperException e) {
            equal(Code.BADVERSION, e.code());
            equal(Code.OK.intValue(), ((OpResult.ErrorResult) e.getResults().get(0)).getErr());
            equal(Code.BADVERSION.intValue(), ((OpResult.ErrorResult) e.getResults().get(1)).getErr());
            equal(Code.RUNTIMEINCONSISTENCY.intValue(), ((OpResult.ErrorResult) e.getResults().get(2)).getErr());
        }
        equal("2", text(zk.getData("/m", false, null)));
    }

    private static void multiRead() throws Exception {
        List<OpResult> results = zk.multi(Arrays.asList(Op.getData("/m"), Op.getChildren("/"), Op.getData("/none")));
        equal("2", text(((OpResult.GetDataResult) results.get(0)).getData()));
        yes(((OpResult.GetChildrenResult) results.get(1)).getChildren().contains("m"), "children are listed");
        equal(Code.NONODE.intValue(), ((OpResult.ErrorResult) results.get(2)).getErr());
    }

    private static void acl() throws Exception {
        ZooKeeper owner = connect(chroot);
        owner.addAuthInfo("digest", bytes("user:secret"));
        owner.create("/acl", bytes("mine"), Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
        List<ACL> list = owner.getACL("/acl", new Stat());
        equal("digest", list.get(0).getId().getScheme());
        yes(list.get(0).getId().getId().startsWith("user:"), "the list names the digest");
        fails(Code.NOAUTH, () -> zk.getData("/acl", false, null));
        equal(1, owner.setACL("/acl", Collections.singletonList(new ACL(Perms.READ, Ids.ANYONE_ID_UNSAFE)), 0).getAversion());
        equal("mine", text(zk.getData("/acl", false, null)));
        fails(Code.NOAUTH, () -> zk.setData("/acl", bytes("x"), -1));
        zk.create("/ip", null, acl("ip", "127.0.0.1/8"), CreateMode.PERSISTENT);
        zk.setData("/ip", bytes("x"), -1);
        zk.create("/ip2", null, acl("ip", "10.1.2.3"), CreateMode.PERSISTENT);
        fails(Code.NOAUTH, () -> zk.getData("/ip2", false, null));
        owner.close();
    }

    private static void watches() throws Exception {
        LinkedBlockingQueue<WatchedEvent> events = new LinkedBlockingQueue<>();
        zk.exists("/w", events::add);
        zk.getChildren("/", events::add);
        zk.create("/w", null, OPEN, CreateMode.PERSISTENT);
        List<String> seen = new ArrayList<>(Arrays.asList(next(events), next(events)));
        Collections.sort(seen);
        equal(Arrays.asList("NodeChildrenChanged /", "NodeCreated /w"), seen);
        zk.getData("/w", events::add, null);
        zk.setData("/w", bytes("1"), -1);
        zk.setData("/w", bytes("2"), -1);
        equal("NodeDataChanged /w", next(events));
        zk.getData("/w", events::add, null);
        zk.delete("/w", -1);
        equal("NodeDeleted /w", next(events));
        yes(events.isEmpty(), "each fired once");
    }

    private static void persistentWatches() throws Exception {
        LinkedBlockingQueue<WatchedEvent> exact = new LinkedBlockingQueue<>();
        LinkedBlockingQueue<WatchedEvent> below = new LinkedBlockingQueue<>();
        zk.addWatch("/p", exact::add, AddWatchMode.PERSISTENT);
        zk.create("/q", null, OPEN, CreateMode.PERSISTENT);
        zk.addWatch("/q", below::add, AddWatchMode.PERSISTENT_RECURSIVE);
        zk.create("/p", null, OPEN, CreateMode.PERSISTENT);
        zk.setData("/p", null, -1);
        zk.create("/p/x", null, OPEN, CreateMode.PERSISTENT);
        equal("NodeCreated /p", next(exact));
        equal("NodeDataChanged /p", next(exact));
        equal("NodeChildrenChanged /p", next(exact));
        zk.create("/q/a", null, OPEN, CreateMode.PERSISTENT);
        zk.create("/q/a/b", null, OPEN, CreateMode.PERSISTENT);
        zk.delete("/q/a/b", -1);
        equal("NodeCreated /q/a", next(below));
        equal("NodeCreated /q/a/b", next(below));
        equal("NodeDeleted /q/a/b", next(below));
        zk.removeAllWatches("/q", WatcherType.Any, false);
        equal("PersistentWatchRemoved /q", next(below));
    }

    private static void removeWatches() throws Exception {
        LinkedBlockingQueue<WatchedEvent> events = new LinkedBlockingQueue<>();
        Watcher watcher = events::add;
        zk.getData("/a", watcher, null);
        zk.removeWatches("/a", watcher, WatcherType.Data, false);
        equal("DataWatchRemoved /a", next(events));
        zk.setData("/a", bytes("again"), -1);
        zk.sync("/a", (rc, path, context) -> { }, null);
        zk.exists("/a", false);
        yes(events.isEmpty(), "a removed watch is silent");
        fails(Code.NOWATCHER, () -> zk.removeWatches("/a", watcher, WatcherType.Data, false));
    }

    private static void reconnect() throws Exception {
        LinkedBlockingQueue<WatchedEvent> events = new LinkedBlockingQueue<>();
        ZooKeeper victim = connect(chroot);
        victim.getData("/a", events::add, null);
        victim.exists("/later", events::add);
        // A second connection of the same session takes it over; the first one's client loses its connection and comes back, and takes it in turn.
        connect(chroot, victim.getSessionId(), victim.getSessionPasswd());
        zk.setData("/a", bytes("changed"), -1);
        zk.create("/later", null, OPEN, CreateMode.PERSISTENT);
        List<String> seen = new ArrayList<>();
        while (seen.size() < 2) {
            WatchedEvent event = events.poll(20, TimeUnit.SECONDS);
            if (event == null) {
                throw new IllegalStateException("no event after the reconnect; so far " + seen);
            }
            if (event.getType() != EventType.None) {
                seen.add(event.getType() + " " + event.getPath());
            }
        }
        Collections.sort(seen);
        equal(Arrays.asList("NodeCreated /later", "NodeDataChanged /a"), seen);
        victim.close();
    }

    private static void sessionMoves() throws Exception {
        Deserter first = new Deserter(server + chroot);
        first.create("/moved", null, OPEN, CreateMode.EPHEMERAL);
        // It would come back within a second and take the session from the other.
        first.desert();
        ZooKeeper second = connect(chroot, first.getSessionId(), first.getSessionPasswd());
        equal(first.getSessionId(), second.getSessionId());
        equal(second.getSessionId(), second.exists("/moved", false).getEphemeralOwner());
        second.close();
        equal(null, zk.exists("/moved", false));
        ZooKeeper owner = connect(chroot);
        CountDownLatch expired = new CountDownLatch(1);
        ZooKeeper wrong = new ZooKeeper(server + chroot, 10_000, e -> {
            if (e.getState() == Watcher.Event.KeeperState.Expired) {
                expired.countDown();
            }
        }, owner.getSessionId(), new byte[16]);
        yes(expired.await(20, TimeUnit.SECONDS), "a wrong password is an expired session");
        wrong.close();
        owner.close();
    }

    /** A client that can go without the end of its session. */
    private static final class Deserter extends ZooKeeper {
        private Deserter(String servers) throws IOException {
            super(servers, 10_000, e -> { });
        }

        private void desert() {
            cnxn.disconnect();
        }
    }

    private static void others() throws Exception {
        zk.create("/o", null, OPEN, CreateMode.PERSISTENT);
        zk.create("/o/e", null, OPEN, CreateMode.EPHEMERAL);
        // The Java client leaves the chroot to its caller here, too.
        equal(Collections.singletonList(chroot + "/o/e"), zk.getEphemerals(chroot + "/o"));
        equal(1, zk.getAllChildrenNumber("/o"));
        yes(zk.whoAmI().toString().contains("127.0.0.1"), "whoAmI knows the address");
        CountDownLatch synced = new CountDownLatch(1);
        zk.sync("/", (rc, path, context) -> synced.countDown(), null);
        yes(synced.await(10, TimeUnit.SECONDS), "sync is answered");
    }

    private static void asynchronous() throws Exception {
        zk.create("/async", null, OPEN, CreateMode.PERSISTENT);
        int count = 5000;
        List<Integer> order = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch done = new CountDownLatch(count);
        for (int i = 0; i < count; i++) {
            zk.setData("/async", bytes(Integer.toString(i)), i, (rc, path, context, stat) -> {
                if (rc == 0) {
                    order.add(stat.getVersion());
                }
                done.countDown();
            }, null);
        }
        yes(done.await(60, TimeUnit.SECONDS), "all are answered");
        equal(count, order.size());
        for (int i = 0; i < count; i++) {
            equal(i + 1, order.get(i));
        }
    }

    private static void check(String name, Check check) {
        try {
            check.run();
            passed++;
            System.out.println("passed: " + name);
        } catch (Exception e) {
            failed++;
            System.out.println("FAILED: " + name + ": " + e);
            for (StackTraceElement frame : e.getStackTrace()) {
                if (frame.getClassName().startsWith("InteropClient")) {
                    System.out.println("    at " + frame);
                }
            }
        }
    }

    private static void fails(Code code, Check call) throws Exception {
        try {
            call.run();
        } catch (KeeperException e) {
            equal(code, e.code());
            return;
        }
        throw new IllegalStateException("expected " + code + ", but it passed");
    }

    private static void yes(boolean condition, String what) {
        if (!condition) {
            throw new IllegalStateException("not so: " + what);
        }
    }

    private static void equal(Object expected, Object actual) {
        if (expected == null ? actual != null : !expected.equals(actual)) {
            throw new IllegalStateException("expected " + expected + ", got " + actual);
        }
    }

    private static String next(LinkedBlockingQueue<WatchedEvent> events) throws InterruptedException {
        WatchedEvent event = events.poll(20, TimeUnit.SECONDS);
        return event == null ? "no event within 20 s" : event.getType() + " " + event.getPath();
    }

    private static ZooKeeper connect(String path) throws Exception {
        return connect(path, 0, null);
    }

    private static ZooKeeper connect(String path, long session, byte[] password) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        Watcher watcher = e -> {
            if (e.getState() == Watcher.Event.KeeperState.SyncConnected) {
                connected.countDown();
            }
        };
        ZooKeeper client = password == null
            ? new ZooKeeper(server + path, 10_000, watcher)
            : new ZooKeeper(server + path, 10_000, watcher, session, password);
        if (!connected.await(20, TimeUnit.SECONDS)) {
            client.close();
            throw new IllegalStateException("no connection to " + server + " within 20 s");
        }
        return client;
    }

    private static List<ACL> acl(String scheme, String id) {
        return Collections.singletonList(new ACL(Perms.ALL, new Id(scheme, id)));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }
}
