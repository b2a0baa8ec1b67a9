namespace CoordPS;

/// <summary>What a znode's data is taken for.</summary>
public enum ZNodeDataFormat
{
    /// <summary>Reading: text where the bytes are valid in the encoding, else bytes. Writing: whatever the value says by its type.</summary>
    Auto,

    /// <summary>Text.</summary>
    Text,

    /// <summary>An object, as JSON.</summary>
    Json,

    /// <summary>Bytes.</summary>
    Bytes,
}
