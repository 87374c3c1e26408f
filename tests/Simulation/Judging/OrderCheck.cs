using Orleans.Kpl.Simulation.Clients;
using Orleans.Kpl.Simulation.Clockwork;
using Orleans.Kpl.Simulation.Plans;
using Orleans.Kpl.Simulation.Service;

namespace Orleans.Kpl.Simulation.Judging;

/// <summary>
/// The judge of order: for each partition key and producer, consumers first see the delivered records in the order in which they were put.
/// </summary>
internal static class OrderCheck
{
    public static void Run(World world, Plan plan, Callers callers, int hosts, ServiceStream stream)
    {
        // Who reads a stream that was deleted begins anew.
        if (plan.Has(FaultKind.CreatedAgain))
            return;
        var lines = new Dictionary<(string Host, int Life, string Key), (Ticket Ticket, long Order)>();
        foreach (var ticket in callers.Tickets)
        {
            if (ticket.Status is not (RecordStatus.Delivered or RecordStatus.Persisted))
                continue;
            var copies = stream.CopiesOf(ticket.Number);
            if (copies.FirstOrDefault(static c => c.IsVisible) is not { } first)
                continue;
            // What failed for good and was set aside may still appear, at any time, where a call with it was carried out and its answer lost.
            if (world.DeadLetters > 0 && !copies.Any(static c => c.IsVisible && c.In.IsAnswered))
                continue;
            // A silo that follows another at its place is another front: what the former one kept is delivered by any silo, at any time.
            var line = (ticket.Host.Name, plan.Silos > 0 ? ticket.Life : 0, ticket.Key);
            if (lines.TryGetValue(line, out var former) && former.Order > first.Order)
            {
                world.Violate($"{ticket} is first seen before {former.Ticket}, of {hosts} producers");
                return;
            }

            lines[line] = (ticket, first.Order);
        }
    }
}
