using Orleans.Kpl.Simulation.Clients;
using Orleans.Kpl.Simulation.Clockwork;
using Orleans.Kpl.Simulation.Plans;
using Orleans.Kpl.Simulation.Service;

namespace Orleans.Kpl.Simulation.Judging;

/// <summary>
/// The judge of order: for each partition key and producer, consumers first see the delivered records in the order in which they were put. A copy
/// that comes behind a newer record of its key is the declared residue of an attempt without an answer; it is counted.
/// </summary>
internal static class OrderCheck
{
    public static void Run(World world, Plan plan, Callers callers, int hosts, StreamContents contents, HistoryCounts counts)
    {
        // Who reads a stream that was deleted begins anew.
        if (plan.Has(FaultKind.CreatedAgain))
            return;
        var lines = new Dictionary<(string Host, int Life, string Key), Line>();
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
            // A silo that follows another at its place is another front: what the former one kept is delivered by any silo, at any time.
            var line = (ticket.Host.Name, plan.Silos > 0 ? ticket.Life : 0, ticket.Key);
            if (lines.TryGetValue(line, out var former))
            {
                if (former.First > copies[0].Order)
                {
                    world.Violate($"{ticket} is first seen before {former.Ticket}, of {hosts} producers");
                    return;
                }

                // Each copy of a former record that lies behind this one takes its readers back.
                counts.OrderedResidue += former.Later.RemoveAll(o => o > copies[0].Order);
            }

            former ??= lines[line] = new Line();
            (former.Ticket, former.First) = (ticket, copies[0].Order);
            former.Later.AddRange(copies.Skip(1).Select(static c => c.Order));
        }
    }

    /// <summary>The records of one key, as far as they were looked at.</summary>
    private sealed class Line
    {
        public Ticket? Ticket { get; set; }

        /// <summary>Where the last one is first seen.</summary>
        public long First { get; set; }

        /// <summary>Where other copies are seen.</summary>
        public List<long> Later { get; } = [];
    }
}
