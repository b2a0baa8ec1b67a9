using CoordPS.Protocol;

namespace CoordPS.Zab;

/// <summary>A transaction in its place.</summary>
/// <param name="Zxid">Its id.</param>
/// <param name="Payload">The serialized transaction: header, record and, if any, digest. Never modified.</param>
public readonly record struct ZabProposal(long Zxid, byte[] Payload)
{
    private const int HeaderSize = 32;

    /// <summary>The zxid in the payload's header.</summary>
    /// <exception cref="JuteException">The payload does not begin with a transaction header.</exception>
    public static long ZxidOf(ReadOnlySpan<byte> payload)
    {
        var reader = new JuteReader(payload);
        return TxnHeader.Read(ref reader).Zxid;
    }

    /// <summary>The configuration that the transaction sets, or null when it is no reconfiguration.</summary>
    /// <exception cref="JuteException">The payload is malformed.</exception>
    /// <exception cref="FormatException">It is a reconfiguration with a malformed configuration.</exception>
    public static EnsembleConfig? ConfigOf(ReadOnlySpan<byte> payload)
    {
        var reader = new JuteReader(payload);
        if (payload.Length < HeaderSize || TxnHeader.Read(ref reader).Type != OpCode.Reconfig)
            return null;
        SetDataTxn txn = SetDataTxn.Read(ref reader);
        return EnsembleConfig.Parse(System.Text.Encoding.UTF8.GetString(txn.Data ?? []));
    }
}
