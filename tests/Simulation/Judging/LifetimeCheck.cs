using Orleans.Kpl.Simulation.Clients;
using Orleans.Kpl.Simulation.Cluster;

namespace Orleans.Kpl.Simulation.Judging;

/// <summary>
/// The judge of time. No record waits beyond its time-to-live, whatever its store does. However long it may live, it ends soon after the last fault;
/// a listing that lags is none. And what is accepted where nothing goes wrong does not expire in masses.
/// </summary>
internal sealed class LifetimeCheck(World world, Plan plan, Callers callers)
{
    /// <summary>A client waits so much longer for a silo that it cannot reach.</summary>
    private static readonly TimeSpan ClientGrace = TimeSpan.FromSeconds(15);

    /// <summary>A store that does not answer is found out in this time.</summary>
    private static readonly TimeSpan StoreGrace = TimeSpan.FromSeconds(5);

    /// <summary>
    /// So long after the last fault a record has ended. Each aggregate of an ordered stream may be sought for twice, for 8 s, and some wait for others.
    /// </summary>
    private static readonly TimeSpan Heals = TimeSpan.FromSeconds(150);

    /// <summary>One record of so many may expire though nothing goes wrong.</summary>
    private const int FewOf = 20;

    /// <summary>
    /// A record's end may come so long after its time-to-live and the last request: the searches for its shard, and between silos the time in which
    /// a call may still be carried out.
    /// </summary>
    private readonly TimeSpan _grace = TimeSpan.FromSeconds(plan.Silos > 0 ? 7 : 5) + (plan.Store == StoreKind.None ? TimeSpan.Zero : StoreGrace);

    private readonly long _healedAt = plan.Faults
        .Where(static f => f.Kind is not (FaultKind.ListingsLag or FaultKind.ListingsStandStill)).Select(static f => (f.At + f.For).Ticks)
        .DefaultIfEmpty(0).Max();

    // Of calls between silos so many may be lost in a row that an outcome is told seconds late, again and again. A question to a manager that is lost is
    // waited for longest: what waits for the map ends after that.
    private readonly (long From, long Until)[] _losses = plan.Silos == 0 ? [] :
        [.. plan.Faults.Where(static f => f.Kind == FaultKind.CallsLost).Select(static f => (f.At.Ticks, (f.At + f.For + ManagerCalls.Long).Ticks))];

    private int _open;
    private int _expired;
    private int _turn;

    /// <summary>Checks the record that was put first of those that have not ended, and one of the others in turns.</summary>
    public void CheckInstant()
    {
        var tickets = callers.Tickets;
        while (_open < tickets.Count && !tickets[_open].IsOpen)
            _open++;
        if (_open == tickets.Count)
            return;
        CheckOpen(tickets[_open]);
        _turn = _turn < _open || _turn >= tickets.Count - 1 ? _open : _turn + 1;
        if (tickets[_turn].IsOpen)
            CheckOpen(tickets[_turn]);
    }

    /// <summary>Checks a record that has ended.</summary>
    public void CheckEnd(Ticket ticket)
    {
        if (ticket is { AcceptedAt: { } accepted, EndedAt: { } ended } && ended > DueOf(ticket, accepted, ticket.FrozenAtEnd))
            world.Violate($"{ticket} ended {Seconds(ended - accepted)} s after it was accepted, with a time-to-live of {ticket.TimeToLive}");
        if (plan.IsQuiet && !plan.IsOverloaded && ticket.Code == RecordErrorCodes.Expired && ticket.TimeToLive == plan.Options.RecordTtl
            && ++_expired > (plan.AsksTooMuch ? callers.Tickets.Count / FewOf : 0))
            world.Violate($"{ticket} is one of {_expired} records of {callers.Tickets.Count} that were accepted, and expired, where nothing went wrong");
    }

    private void CheckOpen(Ticket ticket)
    {
        if (ticket.AcceptedAt is { } accepted && !ticket.Host.Process.IsFrozen && world.Now > DueOf(ticket, accepted, ticket.Host.Process.FrozenTicks))
            world.Violate($"{ticket} was accepted {Seconds(world.Now - accepted)} s ago with a time-to-live of {ticket.TimeToLive}, and has not ended");
    }

    private long DueOf(Ticket ticket, long accepted, long frozen)
    {
        var due = Math.Min(accepted + ticket.TimeToLive.Ticks, Math.Max(accepted, _healedAt) + Heals.Ticks);
        foreach (var (from, until) in _losses)
        {
            if (accepted < until && due > from)
                due = Math.Max(due, until);
        }

        var grace = plan.Options.RequestTimeout + _grace + (ticket.Host is ClusterClientHost ? ClientGrace : TimeSpan.Zero);
        return due + grace.Ticks + frozen - ticket.FrozenBefore;
    }

    private static string Seconds(long ticks) => TimeSpan.FromTicks(ticks).TotalSeconds.ToString("F3", CultureInfo.InvariantCulture);
}
