using Orleans.Kpl.Simulation.Clients;
using Orleans.Kpl.Simulation.Cluster;

namespace Orleans.Kpl.Simulation.Judging;

/// <summary>
/// The judge of order: for each partition key and producer, consumers first see the delivered records in the order in which they were put. A copy
/// that comes behind a newer record of its key is the declared residue of an attempt without an answer; it is counted.
/// </summary>
/// <remarks>
/// A silo that follows another at its place is another front: what the former one kept durably is delivered by any silo, at any time. So it is for a
/// client that goes from one silo to another. What it was told as delivered by the former one, though, is seen before all that it puts later. A silo that
/// was taken for lost and lives is another front until it learns of that: what it had kept durably is another silo's by then.
/// </remarks>
internal sealed class OrderCheck(World world, Plan plan, Callers callers, int hosts, StreamContents contents, HistoryCounts counts, Fronts? fronts)
{
    private readonly Dictionary<(string Host, int Life, string Front, string Key), Line> _lines = [];
    private readonly Dictionary<(string Host, int Life, string Key), (Ticket Ticket, long First)> _delivered = [];

    /// <summary>Whether records of a plan can fail for good, and wait for their dead letters to be durable.</summary>
    public static bool KeepsDeadLetters(Plan plan) => plan.Store != StoreKind.None && plan.Options.MaxAttempts > 0;

    public void Run()
    {
        // Who reads a stream that was deleted begins anew.
        if (plan.Has(FaultKind.CreatedAgain))
            return;
        foreach (var ticket in callers.Tickets)
        {
            if (ticket.Status is not (RecordStatus.Delivered or RecordStatus.Persisted))
                continue;
            var copies = contents.CopiesOf(ticket.Number).Where(static c => c.IsVisible).ToList();
            if (copies.Count == 0)
                continue;
            // What failed for good and was set aside may still appear, at any time, where a call with it was carried out and its answer lost.
            if (world.DeadLetters > 0 && !copies.Any(static c => c.In.IsAnswered))
                continue;
            if (FailedBefore(ticket, copies[0]))
            {
                counts.OrderedResidue++;
                continue;
            }

            if (!Follows(ticket, copies))
                return;
        }
    }

    /// <summary>
    /// Whether a record had had all its attempts before consumers first saw it. Then it had failed for good: what was in memory with it went on, and
    /// the next process sent it again, because its dead letter was not durable yet (docs/backlog.md, ordered streams).
    /// </summary>
    private bool FailedBefore(Ticket ticket, Copy first) =>
        KeepsDeadLetters(plan) && ticket.Status == RecordStatus.Persisted
        && contents.AttemptsBefore(ticket.Number, first.In.At) > plan.Options.MaxAttempts;

    private bool Follows(Ticket ticket, List<Copy> copies)
    {
        var first = copies[0].Order;
        var life = plan.Silos > 0 ? ticket.Life : 0;
        var place = (ticket.Host.Name, life, ticket.Key);
        var front = (ticket.Host.Name, life, (fronts?.Of(ticket.Number)?.ToString() ?? "") + (IsOfOneTakenForLost(ticket) ? ", lost" : ""), ticket.Key);
        if (_delivered.TryGetValue(place, out var told) && told.First > first)
            return Violates(ticket, told.Ticket);
        if (!_lines.TryGetValue(front, out var line))
            _lines[front] = line = new Line();
        if (line.Last is { } last && line.First > first)
            return Violates(ticket, last);
        // Each copy of a former record that lies behind this one takes its readers back.
        counts.OrderedResidue += line.Later.RemoveAll(o => o > first);
        (line.Last, line.First) = (ticket, first);
        line.Later.AddRange(copies.Skip(1).Select(static c => c.Order));
        if (ticket.Status == RecordStatus.Delivered)
            _delivered[place] = (ticket, first);
        return true;
    }

    private static bool IsOfOneTakenForLost(Ticket ticket) =>
        ticket.Host is SiloHost silo && silo.Lives[ticket.Life].DeadSince < ticket.OfferedAt;

    private bool Violates(Ticket ticket, Ticket former)
    {
        world.Violate($"{ticket} is first seen before {former}, of {hosts} producers");
        return false;
    }

    /// <summary>The records of one key and front, as far as they were looked at.</summary>
    private sealed class Line
    {
        public Ticket? Last { get; set; }

        /// <summary>Where the last one is first seen.</summary>
        public long First { get; set; }

        /// <summary>Where other copies are seen.</summary>
        public List<long> Later { get; } = [];
    }
}
