namespace Orleans.Kpl.Simulation.Plans;

/// <summary>Has twelve plans of 32 meet a circumstance. Its dice are its own: all other plans are those that their seeds told before.</summary>
internal static class CircumstanceDice
{
    private const int Mark = 0xF100D;

    private static readonly FaultKind[] OfSilos =
    [
        FaultKind.Freeze, FaultKind.Drain, FaultKind.Kill, FaultKind.Reshard, FaultKind.AnnouncedReshard, FaultKind.LinkCut, FaultKind.LinkCutOneWay,
        FaultKind.Isolated, FaultKind.CallsLost, FaultKind.CallsDoubled, FaultKind.SlowToNotice,
    ];

    public static Plan Meet(Plan plan)
    {
        var dice = new Random(plan.Seed ^ Mark);
        var met = dice.Next(32) switch
        {
            0 => QuietDice.Flood(plan),
            1 => StoreFallsSilent(plan, dice),
            2 => FormerOwnerWakes(plan, dice),
            3 => AnnouncementWithdrawn(plan, dice),
            4 => StreamsClose(plan, dice),
            5 => QuietDice.LongPause(plan, dice),
            12 => QuietDice.PassingShards(plan, dice),
            16 => QuietDice.OneByOne(plan, dice),
            17 => QuietDice.ArnNames(plan, dice),
            20 => QuietDice.ManySessions(plan, dice),
            23 => QuietDice.ParentLost(plan, dice),
            26 => EvenRouting(plan),
            _ => plan,
        };
        if (met.Store != StoreKind.None || met.Options.AckLevel != AckLevel.Persisted)
            return met;
        // Without a store nothing can be kept: each record of a client would be refused, and the history would meet nothing.
        var options = met.Options.Snapshot();
        options.AckLevel = AckLevel.Delivered;
        return met with { Options = options };
    }

    /// <summary>The plan of a stream without order, whatever else it is.</summary>
    private static Plan EvenRouting(Plan plan)
    {
        var options = plan.Options.Snapshot();
        (options.Ordered, options.Routing, options.ContainerKey) = (OrderedMode.Off, RoutingMode.Even, ContainerKey.A);
        return plan with { Circumstance = Circumstance.EvenRouting, Options = options };
    }

    private static Plan StoreFallsSilent(Plan plan, Random dice)
    {
        var options = QuietDice.Undisturbed(plan);
        options.Ordered = QuietDice.Ordered(dice);
        options.AckLevel = AckLevel.Persisted;
        options.RecordTtl = TimeSpan.FromSeconds(dice.Next(2) == 0 ? 2 : 5);
        var loadTime = TimeSpan.FromSeconds(dice.Next(5, 15));
        var hosts = plan.Silos > 0 ? plan.Silos : plan.Producers;
        var at = loadTime * (0.1 + dice.NextDouble() / 2);
        var faults = Enumerable.Range(0, hosts)
            .Select(i => QuietDice.NewFault(i, FaultKind.StoreSilent, at, TimeSpan.FromSeconds(dice.Next(45, 75)), i, dice)).ToList();
        if (dice.Next(3) == 0)
            faults.Add(QuietDice.NewFault(hosts, FaultKind.Drain, at + TimeSpan.FromSeconds(3 * dice.NextDouble()), TimeSpan.Zero, dice.Next(hosts), dice));
        return plan with
        {
            Circumstance = Circumstance.StoreFallsSilent, Options = options, Store = StoreKind.Table, LoadTime = loadTime, Puts = dice.Next(20, 80),
            LargestRecord = Math.Min(plan.LargestRecord, 1_500), Faults = faults,
        };
    }

    private static Plan FormerOwnerWakes(Plan plan, Random dice)
    {
        var options = QuietDice.Undisturbed(plan);
        options.Ordered = QuietDice.Ordered(dice);
        options.RequestTimeout = TimeSpan.FromSeconds(dice.Next(1, 3));
        options.RecordTtl = TimeSpan.FromSeconds(30);
        options.RecordMaxBufferedTime = TimeSpan.FromMilliseconds(100);
        var silos = dice.Next(2, 5);
        var at = TimeSpan.FromSeconds(1 + 2 * dice.NextDouble());
        var lasts = TimeSpan.FromSeconds(8 + 6 * dice.NextDouble());
        return plan with
        {
            Circumstance = Circumstance.FormerOwnerWakes, Options = options, Silos = silos, Store = plan.Silos > 0 ? plan.Store : StoreKind.None,
            Shards = dice.Next(2, 7), LoadTime = at + lasts + TimeSpan.FromSeconds(2), Puts = 80, LargestBatch = dice.Next(1, 6),
            LargestRecord = Math.Min(plan.LargestRecord, 1_500), Keys = 60,
            Faults = [QuietDice.NewFault(0, FaultKind.Freeze, at, lasts, dice.Next(silos), dice)],
        };
    }

    private static Plan AnnouncementWithdrawn(Plan plan, Random dice)
    {
        var options = QuietDice.Undisturbed(plan);
        options.RecordTtl = TimeSpan.FromMinutes(5);
        var loadTime = TimeSpan.FromSeconds(dice.Next(3, 10));
        var at = loadTime * (dice.NextDouble() / 2);
        return plan with
        {
            Circumstance = Circumstance.AnnouncementWithdrawn, Options = options, Store = StoreKind.None, LoadTime = loadTime, Puts = dice.Next(10, 40),
            LargestBatch = dice.Next(2, 10), LargestRecord = 200,
            Faults =
            [
                QuietDice.NewFault(0, FaultKind.ListingsStandStill, at, TimeSpan.FromSeconds(240), 0, dice),
                // A split: the more shards there were to be, the more aggregates would be sought one after the other.
                new Fault(1, FaultKind.AnnouncementWithdrawn, at, TimeSpan.FromSeconds(1 + 5 * dice.NextDouble()), 0, 0, 3 * dice.Next(300)),
            ],
        };
    }

    /// <summary>The faults are those of the plan, spread over a longer time. Most plans have silos, and then faults that strike silos too.</summary>
    private static Plan StreamsClose(Plan plan, Random dice)
    {
        var loadTime = TimeSpan.FromSeconds(5 + 25 * dice.NextDouble());
        var silos = plan.Silos > 0 ? plan.Silos : dice.Next(4) == 0 ? 0 : dice.Next(2, 5);
        var hosts = (silos > 0 ? silos : plan.Producers) + plan.Clients;
        var faults = plan.Faults.Select(f => f with { At = f.At * (loadTime / plan.LoadTime), Target = f.Target % hosts }).ToList();
        for (var more = silos > 0 ? dice.Next(4) : 0; more > 0; more--)
        {
            var lasts = TimeSpan.FromSeconds(5 * dice.NextDouble());
            faults.Add(QuietDice.NewFault(faults.Count, OfSilos[dice.Next(OfSilos.Length)], loadTime * dice.NextDouble(), lasts, dice.Next(silos), dice));
        }

        return plan with
        {
            Circumstance = Circumstance.StreamsClose, Silos = silos, Store = silos > 0 && plan.Store == StoreKind.Folder ? StoreKind.Table : plan.Store,
            LoadTime = loadTime, Puts = dice.Next(5, 50), Faults = faults, IdleLimit = TimeSpan.FromMilliseconds(50 * Math.Pow(40, dice.NextDouble())),
        };
    }
}

/// <summary>What several settings and faults make together, and dice for each of them would hardly ever bring about.</summary>
internal enum Circumstance
{
    None,

    /// <summary>Much more is put than the shard takes in time, memory holds it all, and nothing goes wrong.</summary>
    Flood,

    /// <summary>The store of an ordered stream falls silent once its log is open, for longer than its records live, while Kinesis is up.</summary>
    StoreFallsSilent,

    /// <summary>An owner of ordered shards is frozen for so long that others send for them, and wakes up.</summary>
    FormerOwnerWakes,

    /// <summary>Shards change while it is announced, listings do not show it, the announcement is withdrawn, and records live for long.</summary>
    AnnouncementWithdrawn,

    /// <summary>Streams close soon after they were used last, in silos, producers and clients, while puts come with gaps and anything goes wrong.</summary>
    StreamsClose,

    /// <summary>Nothing is put for one to fifteen minutes, and nothing goes wrong.</summary>
    LongPause,

    /// <summary>Shards of silos come and go within milliseconds, so that some are in no map of their owner's silo.</summary>
    PassingShards,

    /// <summary>A silo is lost, its ordered shards are resharded, and so are their children while these wait for its last requests.</summary>
    ParentLost,

    /// <summary>Records of ordered shards go one by one, and more is put than that takes in time.</summary>
    OneByOne,

    /// <summary>Silos are given the stream's name or its ARN, and Kinesis does not always tell whose it is.</summary>
    ArnNames,

    /// <summary>Each record goes to the shard that has most tokens, and anything goes wrong.</summary>
    EvenRouting,

    /// <summary>Many clients put into silos of little memory.</summary>
    ManySessions,
}
