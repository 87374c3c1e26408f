using Orleans.Kpl.Simulation.Scale;

namespace Orleans.Kpl.Simulation.Running;

/// <summary>What the command line asks for.</summary>
internal sealed record Arguments
{
    public const string Usage =
        """
        usage: [--first SEED | --seeds SEEDS] [--seconds S] [--histories N] [--least N] [--all] [--meet CIRCUMSTANCE]
               [--seed N [--keep FAULTS]] [--trace] [--shrink] [--plant DEFECT] [--json]
               --scale [--silos N] [--shards N] [--ordered N] [--minutes M] [--json]
          --first SEED     the first seed of many histories (1); each next one is one higher
          --seeds SEEDS    these histories alone, one after the other: 243,356
          --seconds S      for how long histories are run, in real time (10)
          --histories N    at most so many histories
          --least N        at least so many histories, however long they take (0)
          --seed N         one history
          --keep FAULTS    only these faults of its plan, by their numbers: 0,3; none for no fault
          --trace          write what happens
          --shrink         leave out faults while it still fails
          --plant DEFECT   put a defect in: LosesRecords, DoublesOutcomes, Reorders, Hangs, TakesTooMuchMemory,
                           StoresTwice, SendsAgainAsNew, LosesMetrics
          --meet WHAT      only histories that meet a circumstance: Flood, StoreFallsSilent, FormerOwnerWakes,
                           AnnouncementWithdrawn, StreamsClose, LongPause, PassingShards,
                           ParentLost, OneByOne, ArnNames, ManySessions, EvenRouting; None for all
                           others
          --all            write a line for each history, not only for those that failed
          --json           the last line is a summary in JSON
          --scale          one cluster at full size for an hour: restarts, a lost zone, twice the shards
          --silos N        its silos (64)
          --shards N       its shards (5000), of which
          --ordered N      so many belong to an ordered stream (500)
          --minutes M      how long records are put, in simulated minutes (60)
        """;

    public int First { get; init; } = 1;

    /// <summary>The only histories; null for all from the first one on.</summary>
    public IReadOnlyList<int>? Seeds { get; init; }

    public double Seconds { get; init; } = 10;

    public int Histories { get; init; } = int.MaxValue;

    public int Least { get; init; }

    public bool All { get; init; }

    public int? Seed { get; init; }

    public IReadOnlyList<int>? Keep { get; init; }

    public bool Trace { get; init; }

    public bool Shrink { get; init; }

    public bool Json { get; init; }

    public PlantedDefect Planted { get; init; }

    /// <summary>The only circumstance of which histories are run; null for any and none.</summary>
    public Circumstance? Meet { get; init; }

    /// <summary>The scale run that is asked for; null for none.</summary>
    public ScalePlan? Scale { get; init; }

    /// <summary>Reads a command line; null where it is none of this program.</summary>
    public static Arguments? Parse(string[] args, out string error)
    {
        var found = new Arguments();
        error = "";
        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i];
            var isSwitch = name is "--trace" or "--shrink" or "--json" or "--all" or "--scale";
            if (!isSwitch && ++i == args.Length)
            {
                error = $"{name} is unknown, or lacks its value";
                return null;
            }

            if (With(found, name, args[i]) is not { } next)
            {
                error = isSwitch ? name : $"{name} {args[i]} is not understood";
                return null;
            }

            found = next;
        }

        return found;
    }

    private static Arguments? With(Arguments found, string name, string value) => name switch
    {
        "--trace" => found with { Trace = true },
        "--shrink" => found with { Shrink = true },
        "--json" => found with { Json = true },
        "--all" => found with { All = true },
        "--scale" => found with { Scale = found.Scale ?? new ScalePlan() },
        "--silos" when Number(value) is { } number and > 0 => found with { Scale = ScaleOf(found) with { Silos = number } },
        "--shards" when Number(value) is { } number and > 0 => found with { Scale = ScaleOf(found) with { Shards = number } },
        "--ordered" when Number(value) is { } number => found with { Scale = ScaleOf(found) with { Ordered = number } },
        "--minutes" when Number(value) is { } number and > 0 => found with { Scale = ScaleOf(found) with { Time = TimeSpan.FromMinutes(number) } },
        "--first" when Number(value) is { } number => found with { First = number },
        "--histories" when Number(value) is { } number => found with { Histories = number },
        "--least" when Number(value) is { } number => found with { Least = number },
        "--seed" when Number(value) is { } number => found with { Seed = number },
        "--seconds" when double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) => found with { Seconds = seconds },
        "--plant" when Enum.TryParse<PlantedDefect>(value, out var planted) => found with { Planted = planted },
        "--meet" when Enum.TryParse<Circumstance>(value, out var circumstance) => found with { Meet = circumstance },
        "--seeds" when Numbers(value) is { } seeds => found with { Seeds = seeds },
        "--keep" when value == "none" => found with { Keep = [] },
        "--keep" when Numbers(value) is { } ids => found with { Keep = ids },
        _ => null,
    };

    private static ScalePlan ScaleOf(Arguments found) => found.Scale ?? new ScalePlan();

    private static List<int>? Numbers(string text)
    {
        var numbers = text.Split(',').Select(Number).ToList();
        return numbers.Contains(null) ? null : [.. numbers.Select(static n => n!.Value)];
    }

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
