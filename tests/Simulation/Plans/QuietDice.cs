namespace Orleans.Kpl.Simulation.Plans;

/// <summary>Draws plans in which Kinesis, processes and stores are well. What such a plan asks too much of is told with it.</summary>
internal static class QuietDice
{
    public static Plan Flood(Plan plan)
    {
        var options = Undisturbed(plan);
        options.MaxOutstandingBytes = 64 << 20;
        options.RecordTtl = TimeSpan.FromSeconds(5);
        return plan with
        {
            Circumstance = Circumstance.Flood, Options = options, Silos = 0, Clients = 0, Producers = 1, Shards = 1, Faults = [],
            LoadTime = TimeSpan.FromSeconds(1), Puts = 80, LargestBatch = 39, LargestRecord = 12_000,
        };
    }

    /// <summary>A minute is what silos remember a client for, and streams close after ten.</summary>
    public static Plan LongPause(Plan plan, Random dice)
    {
        var options = Undisturbed(plan);
        options.RecordTtl = TimeSpan.FromSeconds(30);
        var silos = dice.Next(1, 5);
        return plan with
        {
            Circumstance = Circumstance.LongPause, Options = options, Silos = silos, Clients = dice.Next(1, 3),
            Store = plan.Silos > 0 ? plan.Store : StoreKind.None, LoadTime = TimeSpan.FromSeconds(dice.Next(2, 90)), Puts = dice.Next(10, 60), Faults = [],
            Pause = TimeSpan.FromMinutes(Math.Pow(15, dice.NextDouble())),
        };
    }

    /// <summary>
    /// A chain of reshards of a few shards, with pauses as short as a silo's reading of the map and as long as its pace. Where one silo waits for another,
    /// the wait of a time-out is half of a record's life or less: whoever waits for two is seen.
    /// </summary>
    public static Plan PassingShards(Plan plan, Random dice)
    {
        var options = Undisturbed(plan);
        options.Ordered = dice.Next(2) == 0 ? OrderedMode.Off : Ordered(dice);
        options.RecordTtl = TimeSpan.FromSeconds(30);
        options.RequestTimeout = TimeSpan.FromSeconds(dice.Next(2, 15));
        var at = TimeSpan.FromSeconds(1 + 2 * dice.NextDouble());
        List<Fault> faults = [];
        for (var steps = dice.Next(3, 20); steps > 0; steps--)
        {
            faults.Add(NewFault(faults.Count, FaultKind.Reshard, at, TimeSpan.Zero, 0, dice));
            at += TimeSpan.FromMilliseconds(5 * Math.Pow(200, dice.NextDouble()));
        }

        var silos = dice.Next(2, 5);
        // News of shards overtake an answer on slow ways.
        if (dice.Next(2) == 0)
            faults.Add(NewFault(faults.Count, FaultKind.CallsSlow, TimeSpan.Zero, at + TimeSpan.FromSeconds(1), 0, dice));
        for (var silo = dice.Next(2) * silos; silo > 0; silo--)
        {
            var lost = faults[0].At + (at - faults[0].At) * dice.NextDouble();
            faults.Add(NewFault(faults.Count, FaultKind.EpochAnswerLost, lost, TimeSpan.Zero, silo - 1, dice));
        }

        return plan with
        {
            Circumstance = Circumstance.PassingShards, Options = options, Silos = silos, Store = StoreKind.None, Shards = dice.Next(1, 6),
            LoadTime = at + TimeSpan.FromSeconds(3 * Math.Pow(dice.NextDouble(), 3)), Puts = dice.Next(40, 160), LargestBatch = dice.Next(1, 6),
            LargestRecord = 200, Keys = dice.Next(4, 60), Faults = faults,
        };
    }

    /// <summary>
    /// The children's owners wait for 5 s and the time of a request. The second reshard comes meanwhile: its owners wait once more, and for nobody else.
    /// </summary>
    public static Plan ParentLost(Plan plan, Random dice)
    {
        var options = Undisturbed(plan);
        options.Ordered = Ordered(dice);
        options.RecordTtl = TimeSpan.FromSeconds(30);
        options.RequestTimeout = TimeSpan.FromSeconds(6);
        var silos = dice.Next(3, 5);
        var at = TimeSpan.FromSeconds(1 + 2 * dice.NextDouble());
        var first = at + TimeSpan.FromMilliseconds(500 * dice.NextDouble());
        return plan with
        {
            Circumstance = Circumstance.ParentLost, Options = options, Silos = silos, Clients = 0, Store = StoreKind.None, Shards = dice.Next(1, 4),
            LoadTime = at + TimeSpan.FromSeconds(4), Puts = 120, LargestBatch = dice.Next(1, 6), LargestRecord = 200, Keys = 60,
            Faults =
            [
                NewFault(0, FaultKind.Kill, at, TimeSpan.Zero, dice.Next(silos), dice),
                NewFault(1, FaultKind.Reshard, first, TimeSpan.Zero, 0, dice),
                NewFault(2, FaultKind.Reshard, first + TimeSpan.FromSeconds(1 + 12 * dice.NextDouble()), TimeSpan.Zero, 0, dice),
            ],
        };
    }

    /// <summary>A round trip lets some fifty records a second through a shard. In one process: the horizon knows no shards elsewhere.</summary>
    public static Plan OneByOne(Plan plan, Random dice)
    {
        var options = Undisturbed(plan);
        (options.Ordered, options.AggregationEnabled) = (OrderedMode.PutRecords, false);
        options.RecordTtl = TimeSpan.FromSeconds(dice.Next(5, 11));
        options.MaxOutstandingBytes = 16 << 20;
        return plan with
        {
            Circumstance = Circumstance.OneByOne, Options = options, Silos = dice.Next(2), Clients = 0, Store = StoreKind.None, Shards = dice.Next(1, 4),
            LoadTime = TimeSpan.FromSeconds(dice.Next(1, 10)), Puts = dice.Next(40, 100), LargestBatch = dice.Next(10, 40), LargestRecord = 200, Faults = [],
        };
    }

    /// <summary>Silos alone: to a client a name and an ARN are two streams, whose orders are two.</summary>
    public static Plan ArnNames(Plan plan, Random dice)
    {
        var options = Undisturbed(plan);
        options.Ordered = dice.Next(3) == 0 ? OrderedMode.Off : Ordered(dice);
        options.RecordTtl = TimeSpan.FromSeconds(30);
        var loadTime = TimeSpan.FromSeconds(dice.Next(2, 20));
        return plan with
        {
            Circumstance = Circumstance.ArnNames, Options = options, Silos = dice.Next(1, 5), Clients = 0, Store = StoreKind.None, LoadTime = loadTime,
            Puts = dice.Next(20, 80), LargestRecord = 200, ByArn = 0.1 + 0.8 * dice.NextDouble(),
            Faults = [NewFault(0, FaultKind.DescribesFail, TimeSpan.Zero, loadTime * dice.NextDouble(), 0, dice)],
        };
    }

    /// <summary>Each client's batches are small, and all of them together are more than the silos have memory for.</summary>
    public static Plan ManySessions(Plan plan, Random dice)
    {
        var options = Undisturbed(plan);
        options.Ordered = OrderedMode.Off;
        options.RecordTtl = TimeSpan.FromSeconds(30);
        options.MaxOutstandingBytes = dice.Next(512, 1_024) << 10;
        var clients = dice.Next(16, 40);
        return plan with
        {
            Circumstance = Circumstance.ManySessions, Options = options, Silos = dice.Next(1, 4), Clients = clients, Store = StoreKind.None,
            Shards = dice.Next(2, 5), LoadTime = TimeSpan.FromSeconds(0.5 + dice.NextDouble()), Puts = clients * dice.Next(6, 12), LargestBatch = 39,
            LargestRecord = 1_500, Keys = 60, Faults = [],
        };
    }

    /// <summary>The settings of a plan, without those under which records end early or are sent slowly.</summary>
    public static KplOptions Undisturbed(Plan plan)
    {
        var options = plan.Options.Snapshot();
        (options.MaxAttempts, options.FailIfThrottled, options.MaxConnections) = (0, false, 24);
        (options.AggregationEnabled, options.AggregationMaxSize, options.CollectionMaxCount) = (true, 51_200, 500);
        return options;
    }

    public static OrderedMode Ordered(Random dice) => (OrderedMode)dice.Next(1, 3);

    public static Fault NewFault(int id, FaultKind kind, TimeSpan at, TimeSpan lasts, int target, Random dice) =>
        new(id, kind, at, lasts, target, dice.NextDouble(), dice.Next(1_000));
}
