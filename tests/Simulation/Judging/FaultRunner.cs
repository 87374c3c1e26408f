using Orleans.Kpl.Simulation.Clients;
using Orleans.Kpl.Simulation.Cluster;
using Orleans.Kpl.Simulation.Stores;

namespace Orleans.Kpl.Simulation.Judging;

/// <summary>Has the faults of a plan happen, and end.</summary>
internal sealed class FaultRunner(World world, KinesisService service, ServiceStream stream, IReadOnlyList<ProcessHost> hosts, SimulatedCluster? cluster)
{
    private readonly Dictionary<int, List<UInt128>> _announced = [];

    public void Schedule(Fault fault)
    {
        world.At(fault.At.Ticks, () => Begin(fault));
        world.At((fault.At + fault.For).Ticks, () => End(fault));
    }

    private void Begin(Fault fault)
    {
        if (world.IsTracing)
            world.Say("world", $"begins {fault}");
        if (fault.Kind >= FaultKind.LinkCut)
            Disturb(fault, cluster!, isOver: false);
        else if (fault.Kind >= FaultKind.Kill)
            Strike(fault, hosts[fault.Target]);
        else if (fault.Kind >= FaultKind.Reshard)
            Change(fault);
        else
            Worsen(fault, service.Weather, isOver: false);
    }

    /// <summary>Has Kinesis answer worse, or well again.</summary>
    private static void Worsen(Fault fault, Weather weather, bool isOver)
    {
        var strength = isOver ? 0 : fault.Strength;
        var mostly = fault.Choice % 2 == 0 && !isOver ? 1 : strength;
        switch (fault.Kind)
        {
            case FaultKind.KinesisSlow:
                weather.Slowness = 1 + strength * 100;
                break;
            case FaultKind.KinesisRefuses:
                weather.RefusedWith = ServiceErrors.OfCalls[fault.Choice % ServiceErrors.OfCalls.Count];
                weather.Refuses = mostly;
                break;
            case FaultKind.KinesisSilent:
                weather.LosesRequests = mostly;
                break;
            case FaultKind.KinesisLosesAnswers:
                weather.LosesAnswers = strength;
                break;
            case FaultKind.KinesisLate:
                weather.CarriesOutLate = strength;
                break;
            case FaultKind.EntriesFail:
                weather.RefusesEntries = strength;
                break;
            case FaultKind.ReadsFail:
                weather.RefusesReads = mostly;
                break;
            case FaultKind.DescribesFail:
                weather.RefusesDescribes = strength;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault.Kind, null);
        }
    }

    private void Change(Fault fault)
    {
        switch (fault.Kind)
        {
            case FaultKind.Reshard:
                stream.Reshard(Next(fault));
                break;
            case FaultKind.AnnouncedReshard:
            case FaultKind.AnnouncementWithdrawn:
                _ = AnnounceAsync(fault);
                break;
            case FaultKind.ListingsLag:
                stream.ListingLag = TimeSpan.FromSeconds(fault.Strength * 3);
                break;
            case FaultKind.ListingsStandStill:
                stream.ListedAsOf = world.Now - 1;
                break;
            case FaultKind.CreatedAgain:
                stream.CreateAgain(1 + fault.Choice % 6, TimeSpan.FromSeconds(fault.Strength * 3));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault.Kind, null);
        }
    }

    /// <summary>Every producer knows before the shards change.</summary>
    private async Task AnnounceAsync(Fault fault)
    {
        var next = Next(fault);
        var boundaries = _announced[fault.Id] = [.. next.Select(static r => r.First)];
        await Task.WhenAll(hosts.Where(static h => h.IsRunning).Select(h => h.AnnounceAsync(boundaries))).ConfigureAwait(false);
        if (world.IsTracing)
            world.Say("world", $"changes the shards to {next.Count}, as announced");
        stream.Reshard(next);
    }

    private void Strike(Fault fault, ProcessHost host)
    {
        if (host.IsDown)
            return;
        switch (fault.Kind)
        {
            case FaultKind.Kill when fault.Choice % 2 == 0 && host.Disk is { } disk:
                disk.KillsAfter = 1 + fault.Choice % 20;
                break;
            case FaultKind.Kill:
                host.Process.Kill();
                break;
            case FaultKind.PowerLoss:
                host.LosePower();
                break;
            case FaultKind.Freeze:
                host.Process.Freeze();
                break;
            case FaultKind.Drain when !host.Process.IsFrozen:
                _ = host.DrainAsync();
                break;
            case FaultKind.ClockJumps:
                host.Process.Time.WallOffset += TimeSpan.FromHours((fault.Strength - 0.5) * 48).Ticks;
                break;
            case FaultKind.StoreSilent:
                host.Weather.SilentUntil = world.Now + fault.For.Ticks;
                break;
            case FaultKind.EpochAnswerLost:
                host.Weather.LosesNextEpoch = true;
                break;
            case FaultKind.KinesisUnreached:
                host.ReachesKinesis = false;
                break;
            default:
                WorsenStore(fault, host.Weather, isOver: false);
                break;
        }
    }

    private static void WorsenStore(Fault fault, StoreWeather weather, bool isOver)
    {
        switch (fault.Kind)
        {
            case FaultKind.StoreFails:
                weather.Error = isOver ? null : StoreErrors.Of(StoreErrors.Refusals, fault.Choice);
                break;
            case FaultKind.StoreSlow:
                weather.Network.Slowness = isOver ? 1 : 1 + fault.Strength * 300;
                break;
            case FaultKind.StoreLosesAnswers:
                weather.Network.LosesAnswers = isOver ? 0 : fault.Strength;
                break;
            case FaultKind.StoreFull:
                weather.IsFull = !isOver;
                break;
            default:
                break;
        }
    }

    private void End(Fault fault)
    {
        if (world.IsTracing)
            world.Say("world", $"ends #{fault.Id} {fault.Kind}");
        if (fault.Kind >= FaultKind.LinkCut)
            Disturb(fault, cluster!, isOver: true);
        else if (fault.Kind < FaultKind.Reshard)
            Worsen(fault, service.Weather, isOver: true);
        switch (fault.Kind)
        {
            case FaultKind.ListingsLag:
                stream.ListingLag = TimeSpan.Zero;
                break;
            case FaultKind.ListingsStandStill:
                stream.ListedAsOf = null;
                break;
            case FaultKind.AnnouncementWithdrawn:
                foreach (var running in hosts.Where(static h => h.IsRunning))
                    running.Withdraw(_announced[fault.Id]);
                break;
            case FaultKind.Freeze:
                hosts[fault.Target].Process.Thaw();
                break;
            case FaultKind.KinesisUnreached:
                hosts[fault.Target].ReachesKinesis = true;
                break;
            default:
                WorsenStore(fault, hosts[fault.Target].Weather, isOver: true);
                break;
        }
    }

    /// <summary>Disturbs what lies between silos, or puts it in order again.</summary>
    private static void Disturb(Fault fault, SimulatedCluster cluster, bool isOver)
    {
        var wires = cluster.Wires;
        var other = fault.Choice % cluster.Hosts.Count;
        switch (fault.Kind)
        {
            case FaultKind.LinkCut:
                Cut(fault.Target, other);
                Cut(other, fault.Target);
                break;
            case FaultKind.LinkCutOneWay:
                Cut(fault.Target, other);
                break;
            case FaultKind.Isolated:
                foreach (var host in cluster.Hosts)
                {
                    Cut(fault.Target, host.Index);
                    Cut(host.Index, fault.Target);
                }

                break;
            case FaultKind.CallsLost:
                (wires.Weather.LosesRequests, wires.Weather.LosesAnswers) = isOver ? (0, 0) : (fault.Strength / 2, fault.Strength / 2);
                break;
            case FaultKind.CallsDoubled:
                wires.Doubles = isOver ? 0 : fault.Strength;
                break;
            case FaultKind.CallsSlow:
                wires.Weather.Slowness = isOver ? 1 : 1 + fault.Strength * 30;
                break;
            case FaultKind.SlowToNotice:
                cluster.Slowness = isOver ? 1 : 1 + fault.Strength * 10;
                break;
            case FaultKind.GatewaysWrong when fault.Choice % 2 == 0:
                cluster.GatewaysAreHidden = !isOver;
                break;
            case FaultKind.GatewaysWrong:
                cluster.GatewaysAreWrong = !isOver;
                break;
            default:
                break;
        }

        void Cut(int from, int to)
        {
            if (isOver)
                wires.Mend(from, to);
            else
                wires.Cut(from, to);
        }
    }

    /// <summary>The shards after a change: a split, a merge, or another number of even ones.</summary>
    private List<(UInt128 First, UInt128 Last)> Next(Fault fault)
    {
        var shards = stream.Shards.OrderBy(static s => s.StartingHashKey).Select(static s => (First: s.StartingHashKey, Last: s.EndingHashKey)).ToList();
        var at = fault.Choice % shards.Count;
        switch (fault.Choice % 3)
        {
            case 0:
                var middle = shards[at].First + (shards[at].Last - shards[at].First) / 2;
                shards.Insert(at + 1, (middle + 1, shards[at].Last));
                shards[at] = (shards[at].First, middle);
                return shards;
            case 1 when at + 1 < shards.Count:
                shards[at] = (shards[at].First, shards[at + 1].Last);
                shards.RemoveAt(at + 1);
                return shards;
            default:
                return ServiceStream.Even(1 + fault.Choice % 7);
        }
    }
}
