# Sourced. Where Debian keeps Apache ZooKeeper (packages zookeeper, libzookeeper-java), and how to run its server.
# Sets APACHE_CLASSPATH, empty when it is not there, and APACHE_MISSING, which says what is and how to get it.

APACHE_MISSING=
APACHE_CLASSPATH=
_jars=/usr/share/java
if ! command -v java >/dev/null; then
    APACHE_MISSING="java is missing: apt-get install default-jdk-headless"
elif [ ! -e "$_jars/zookeeper.jar" ]; then
    APACHE_MISSING="Apache ZooKeeper is missing: apt-get install zookeeper"
else
    for _jar in zookeeper slf4j-log4j12 log4j-1.2 netty-transport-native-unix-common netty-codec netty-resolver servlet-api jetty9-util-ajax; do
        [ -e "$_jars/$_jar.jar" ] && APACHE_CLASSPATH="$APACHE_CLASSPATH:$_jars/$_jar.jar"
    done
    # The folder of this file comes first, for the log4j.properties in it.
    APACHE_CLASSPATH="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)$APACHE_CLASSPATH"
fi

# Runs Apache's server in the foreground with the zoo.cfg given; JVMFLAGS adds to the command line of java.
apache_server() {
    # shellcheck disable=SC2086
    exec java -Xmx512m -Dfile.encoding=UTF-8 -Dreadonlymode.enabled=true ${JVMFLAGS:-} -cp "$APACHE_CLASSPATH" \
        org.apache.zookeeper.server.quorum.QuorumPeerMain "$1"
}
