namespace CoordPS.Server;

/// <summary>What takes requests that cannot be answered at once, and answers them in the end: standalone, or with an ensemble's help.</summary>
internal interface IRequestPipeline
{
    /// <summary>Requests submitted and not yet answered.</summary>
    int InProcess { get; }

    /// <summary>
    /// Whether requests may have to be sent to a leader, for which they keep the bytes they came as, and whether it takes the leader to
    /// know if a session lives.
    /// </summary>
    bool IsDistributed { get; }

    /// <summary>Takes requests in their order; false when none are taken.</summary>
    bool Submit(List<Request> requests);

    /// <summary>Takes a request; false when none are taken.</summary>
    bool Submit(Request request);

    /// <summary>Has a connection's output sent when what is being applied is applied.</summary>
    void FlushLater(ServerConnection connection);
}
