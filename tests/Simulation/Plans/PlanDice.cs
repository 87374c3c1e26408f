using Orleans.Kpl.Lanes.Aiming;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Simulation.Plans;

/// <summary>Draws plans.</summary>
internal static class PlanDice
{
    private static readonly FaultKind[] OfStores =
        [FaultKind.StoreFails, FaultKind.StoreSilent, FaultKind.StoreSlow, FaultKind.StoreLosesAnswers, FaultKind.StoreFull, FaultKind.PowerLoss];

    private static readonly FaultKind[] OfSilos =
    [
        FaultKind.LinkCut, FaultKind.LinkCutOneWay, FaultKind.Isolated, FaultKind.CallsLost, FaultKind.CallsDoubled, FaultKind.SlowToNotice,
        FaultKind.StoreFails, FaultKind.StoreSilent, FaultKind.StoreSlow, FaultKind.StoreLosesAnswers,
    ];

    private static readonly FaultKind[] OfClients = [FaultKind.GatewaysWrong];

    private static readonly FaultKind[] OfCircumstances =
    [
        FaultKind.DescribesFail, FaultKind.ListingsStandStill, FaultKind.AnnouncementWithdrawn, FaultKind.EpochAnswerLost, FaultKind.CallsSlow,
        FaultKind.KinesisUnreached,
    ];

    private static readonly FaultKind[] Always =
        [.. Enum.GetValues<FaultKind>().Except(OfStores).Except(OfSilos).Except(OfClients).Except(OfCircumstances)];

    /// <summary>
    /// The product's least memory limit has room for so many of the largest frames between silos. With less room than that, records which two silos pass
    /// on to each other, because their maps differ, wait for the memory that their own copies take.
    /// </summary>
    public const int LeastFrames = 16;

    /// <summary>The histories of seeds below are those that they told before clients aimed.</summary>
    private const int FirstThatAims = 960_000_001;

    /// <summary>Nor did callers flush, or ask for all that a put can be given.</summary>
    private const int FirstThatAsksForAll = 1_071_000_001;

    /// <summary>Nor were shards slower than Kinesis'.</summary>
    private const int FirstWithSlowShards = 1_072_000_001;

    /// <summary>Nor did a silo alone not reach Kinesis.</summary>
    private const int FirstWithUnreached = 1_086_000_001;

    private static readonly FaultKind[] OfAnyPlan = [FaultKind.DescribesFail, FaultKind.ListingsStandStill];

    private static readonly FaultKind[] OfAnyCluster = [.. OfAnyPlan, FaultKind.CallsSlow, FaultKind.EpochAnswerLost];

    /// <summary>Draws the plan of a seed.</summary>
    public static Plan Draw(int seed) => AskingForAll(Aiming(WithRoom(CircumstanceDice.Meet(DrawCommon(seed)))));

    /// <summary>Where nothing goes wrong, settings stay as they are: what shards take in time is reckoned from them.</summary>
    private static Plan AskingForAll(Plan plan)
    {
        if (plan.Seed < FirstThatAsksForAll)
            return plan;
        var dice = new Random(plan.Seed ^ 0xF1005);
        plan = plan with { AsksForAll = true, BreaksWithTheDead = dice.Next(2) == 0 };
        if (plan.IsQuiet || plan.Circumstance is not (Circumstance.None or Circumstance.StreamsClose or Circumstance.EvenRouting))
            return plan;
        FaultKind[] kinds = plan.Silos == 0 ? OfAnyPlan : plan.Seed < FirstWithUnreached ? OfAnyCluster : [.. OfAnyCluster, FaultKind.KinesisUnreached];
        var owners = plan.Silos > 0 ? plan.Silos : plan.Producers;
        var faults = plan.Faults.Select(f => dice.Next(6) > 0 ? f : f with { Kind = kinds[dice.Next(kinds.Length)], Target = f.Target % owners });
        plan = plan with { Faults = [.. faults] };
        return plan.IsQuiet ? plan : plan with { Options = DrawRest(dice, plan) };
    }

    /// <summary>The settings that <see cref="DrawOptions"/> leaves at their defaults.</summary>
    private static KplOptions DrawRest(Random dice, Plan plan)
    {
        var options = plan.Options.Snapshot();
        options.AdaptiveRate = dice.Next(4) > 0;
        options.BurstTime = TimeSpan.FromMilliseconds(Pick(dice, 1, 100, 1_000));
        options.Backoff = (BackoffKind)dice.Next(3);
        options.BackoffInitial = TimeSpan.FromMilliseconds(Pick(dice, 1, 50, 500));
        options.MaxOutstandingRecords = dice.Next(4) == 0 ? dice.Next(1, 200) : 0;
        options.BacklogMaxBytes = dice.Next(4) == 0 ? 1 << 20 : options.BacklogMaxBytes;
        options.AggregationMaxCount = dice.Next(5) == 0 ? dice.Next(1, 20) : uint.MaxValue;
        options.CollectionMaxSize = dice.Next(5) == 0 ? 52_224 : options.CollectionMaxSize;
        options.ProducerNumbers = options.AggregationEnabled && dice.Next(4) == 0;
        if (options is { Ordered: not OrderedMode.PutRecord, Routing: RoutingMode.ByKey })
            options.ContainerKey = (ContainerKey)dice.Next(options.Ordered == OrderedMode.Off ? 3 : 2);
        // Ten minutes after the last fault, all must have been delivered. One shard may get everything, and records have half of the largest size on average.
        if (plan.Seed >= FirstWithSlowShards && dice.Next(3) == 0 && plan.RecordsPut * plan.LargestRecord < 24 << 20)
            options.RateLimit = Pick(dice, 5, 20);
        return options;
    }

    /// <summary>In most plans that can, clients aim from the first record on, and in half of those silos tell what they do not serve.</summary>
    private static Plan Aiming(Plan plan)
    {
        var dice = new Random(plan.Seed ^ 0x41A1);
        return plan.Seed < FirstThatAims || plan.Clients == 0 || plan.Silos < 2 || plan.IsOrdered || dice.Next(4) == 0
            ? plan
            : plan with { Aim = new AimLimits(From: 0, Until: 0), RangesWrong = dice.Next(2) == 0 ? 0 : dice.NextDouble() };
    }

    /// <summary>Where every record that expires is a violation, silos whose shards change have the memory that the product's limits leave them.</summary>
    private static Plan WithRoom(Plan plan)
    {
        var least = LeastFrames * (long)plan.LargestBatch * (plan.LargestRecord + RecordValidator.ChargePerRecord);
        if (plan.Silos == 0 || !plan.IsQuiet || !plan.Has(FaultKind.Reshard) || plan.Options.MaxOutstandingBytes >= least)
            return plan;
        var options = plan.Options.Snapshot();
        options.MaxOutstandingBytes = least;
        return plan with { Options = options };
    }

    private static Plan DrawCommon(int seed)
    {
        var dice = new Random(seed);
        var store = dice.Next(10) switch { < 4 => StoreKind.None, < 7 => StoreKind.Folder, _ => StoreKind.Table };
        var silos = dice.Next(5) < 2 ? dice.Next(1, 5) : 0;
        if (silos > 0 && store == StoreKind.Folder)
            store = StoreKind.Table;
        var options = DrawOptions(dice, store);
        var loadTime = TimeSpan.FromSeconds(1 + dice.NextDouble() * 15);
        var producers = dice.Next(4) == 0 ? dice.Next(2, 4) : 1;
        // Dice of its own: the histories without clients are those that seeds told before there were any.
        var clients = silos > 0 ? new Random(seed ^ 0x1069).Next(3) : 0;
        return new Plan
        {
            Seed = seed,
            Shards = dice.Next(1, 7),
            InWindows = dice.Next(2) == 0,
            Producers = producers,
            Silos = silos,
            Clients = clients,
            Store = store,
            Options = options,
            LoadTime = loadTime,
            Puts = dice.Next(5, 80),
            LargestBatch = dice.Next(3) == 0 ? 1 : dice.Next(2, 40),
            LargestRecord = dice.Next(20) == 0 ? 120_000 : dice.Next(20, 1_500),
            Keys = dice.Next(1, 60),
            Faults = DrawFaults(dice, loadTime, silos, clients, silos > 0 ? silos : producers, store),
        };
    }

    private static KplOptions DrawOptions(Random dice, StoreKind store)
    {
        var ordered = dice.Next(3) == 0 ? (OrderedMode)dice.Next(1, 3) : OrderedMode.Off;
        var options = new KplOptions
        {
            Ordered = ordered,
            RecordTtl = TimeSpan.FromSeconds(Pick(dice, 2, 5, 10, 30)),
            RecordMaxBufferedTime = TimeSpan.FromMilliseconds(Pick(dice, 0, 20, 100, 100)),
            MaxOutstandingBytes = dice.Next(2) == 0 ? dice.Next(5_000, 100_000) : 4 << 20,
            HighWaterMode = (HighWaterMode)dice.Next(store == StoreKind.None ? 2 : 3),
            AckLevel = store == StoreKind.None ? Pick(dice, AckLevel.Delivered, AckLevel.Delivered, AckLevel.Accepted) : (AckLevel)dice.Next(3),
            AggregationEnabled = ordered == OrderedMode.PutRecord || dice.Next(6) > 0,
            AggregationMaxSize = dice.Next(3) == 0 ? dice.Next(64, 5_000) : 51_200,
            MaxConnections = Pick(dice, 1, 2, 24),
            DrainTimeout = TimeSpan.FromSeconds(Pick(dice, 1, 5, 30)),
            MaxAttempts = dice.Next(8) == 0 ? dice.Next(1, 5) : 0,
            FailIfThrottled = dice.Next(12) == 0,
            CollectionMaxCount = dice.Next(4) == 0 ? dice.Next(1, 20) : 500,
        };
        if (dice.Next(2) == 0)
            options.RequestTimeout = TimeSpan.FromSeconds(Pick(dice, 1, 2, 6));
        return options;
    }

    private static List<Fault> DrawFaults(Random dice, TimeSpan loadTime, int silos, int clients, int owners, StoreKind store)
    {
        FaultKind[] kinds = [.. Always, .. store == StoreKind.None ? [] : OfStores, .. silos > 0 ? OfSilos : [], .. clients > 0 ? OfClients : []];
        var faults = new List<Fault>();
        for (var id = dice.Next(8); id > 0; id--)
        {
            var at = loadTime * dice.NextDouble();
            var lasts = TimeSpan.FromSeconds(dice.Next(3) == 0 ? dice.NextDouble() * 20 : dice.NextDouble() * 3);
            var kind = kinds[dice.Next(kinds.Length)];
            // Clients have no store.
            var targets = kind is >= FaultKind.StoreFails and <= FaultKind.StoreFull ? owners : owners + clients;
            faults.Add(new Fault(faults.Count, kind, at, lasts, dice.Next(targets), dice.NextDouble(), dice.Next(1_000)));
        }

        return faults;
    }

    private static T Pick<T>(Random dice, params ReadOnlySpan<T> choices) => choices[dice.Next(choices.Length)];
}
