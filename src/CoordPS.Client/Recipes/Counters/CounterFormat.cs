namespace CoordPS.Client.Recipes;

/// <summary>How a counter's znode holds its number.</summary>
public enum CounterFormat
{
    /// <summary>Eight bytes, big-endian: Curator's <c>DistributedAtomicLong</c>. The default.</summary>
    Int64,

    /// <summary>Four bytes, big-endian: Curator's <c>SharedCount</c>, and kazoo's <c>Counter</c> with <c>support_curator</c>.</summary>
    Int32,

    /// <summary>Decimal digits: kazoo's <c>Counter</c>.</summary>
    Text,
}
