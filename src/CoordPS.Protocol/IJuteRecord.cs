namespace CoordPS.Protocol;

/// <summary>A record of <c>zookeeper.jute</c>: fields in order, big-endian, no tags, no padding.</summary>
/// <typeparam name="TSelf">The record itself.</typeparam>
public interface IJuteRecord<TSelf> where TSelf : IJuteRecord<TSelf>
{
    /// <summary>Reads the record and advances the reader past it.</summary>
    /// <exception cref="JuteException">The bytes are not such a record.</exception>
    static abstract TSelf Read(ref JuteReader reader);

    /// <summary>Appends the record.</summary>
    void Write(JuteWriter writer);
}
