using Orleans.Kpl.Simulation.Clients;
using Orleans.Kpl.Simulation.Clockwork;
using Orleans.Kpl.Simulation.Cluster;
using Orleans.Kpl.Simulation.Service;

namespace Orleans.Kpl.Simulation.Judging;

/// <summary>
/// The judge of metrics: at rest they are the terms of the ledger, after restarts and takeovers too. A log that a process found or took over counts as
/// received, as it counts as accepted. What a silo delivers for another, that one's ledger has, and the metrics of the silo that delivered: their sums are
/// equal unless an outcome was lost on its way. Then there are at least as many, and at most what was delivered.
/// </summary>
internal sealed class MetricCheck(World world, IReadOnlyList<IHost> hosts, IReadOnlyList<Ticket> tickets, StreamContents contents)
{
    public void Run()
    {
        foreach (var host in hosts)
            CheckOwn(host);
        if (hosts.OfType<SiloHost>().ToList() is { Count: > 0 } silos)
            CheckPut(silos);
    }

    private void CheckOwn(IHost host)
    {
        var (ledger, counted) = (host.Ledger, host.Counted[^1]);
        if ((counted.Received, counted.Failed, counted.Unknown) != (ledger.Accepted, ledger.Failed, ledger.Unknown)
            || (host is not SiloHost && counted.Put != ledger.Delivered))
            world.Violate($"the metrics of {host.Process.Name} tell {counted}, its ledger {ledger}");
    }

    private void CheckPut(List<SiloHost> silos)
    {
        var delivered = silos.Sum(static s => s.Lives.Sum(static l => l.Node.Producer.ReadLedger().Delivered));
        var put = silos.Sum(static s => s.Counted.Sum(static c => c.Put));
        var told = tickets.Sum(t => contents.CopiesOf(t.Number).Count(c => contents.IsVisibleOrResidue(c) && c.In.IsAnswered));
        if (put < delivered || put > told)
            world.Violate($"the metrics of the silos tell of {put} records put, their ledgers of {delivered}, and they were told of {told}");
    }
}
