namespace CoordPS.Zab;

/// <summary>
/// What a member wants done; see <see cref="ZabPeer"/> for how. Belongs to the member, and is valid until the call of
/// <see cref="ZabPeer.TakeReady"/> after next.
/// </summary>
public sealed class Ready
{
    internal List<ZabWrite> WriteList { get; } = [];

    internal List<ZabEvent> EventList { get; } = [];

    internal List<ZabSend> SendList { get; } = [];

    internal List<ZabNotification> NotificationList { get; } = [];

    /// <summary>To make durable, in this order.</summary>
    public IReadOnlyList<ZabWrite> Writes => WriteList;

    /// <summary>To hand to the application, in this order, before the sends.</summary>
    public IReadOnlyList<ZabEvent> Events => EventList;

    /// <summary>To hand to the network, in this order.</summary>
    public IReadOnlyList<ZabSend> Sends => SendList;

    /// <summary>To send to election ports.</summary>
    public IReadOnlyList<ZabNotification> Notifications => NotificationList;

    internal bool IsEmpty => WriteList.Count + EventList.Count + SendList.Count + NotificationList.Count == 0;

    internal void Clear()
    {
        WriteList.Clear();
        EventList.Clear();
        SendList.Clear();
        NotificationList.Clear();
    }
}
