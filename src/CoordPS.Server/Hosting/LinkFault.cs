namespace CoordPS.Server.Hosting;

/// <summary>What is wrong with one direction of a link. <see cref="FaultNetwork.Clients"/> stands for all clients.</summary>
/// <param name="From">The member that sends.</param>
/// <param name="To">The member that receives.</param>
/// <param name="IsCut">Whether nothing arrives.</param>
/// <param name="Delay">By how much everything is late.</param>
/// <param name="Jitter">By how much more it may be late at random.</param>
public sealed record LinkFault(long From, long To, bool IsCut, TimeSpan Delay, TimeSpan Jitter);
