using System.CommandLine;
using Orleans.Kpl.Simulation.Scale;

namespace Orleans.Kpl.Simulation.Running;

/// <summary>What the command line may ask for.</summary>
internal static class Arguments
{
    public static readonly Option<int> First = Number("--first", 1, "The first seed of many histories; each next one is one higher.");
    public static readonly Option<List<int>> Seeds = Numbers("--seeds", "These histories alone, one after the other: 243,356.");
    public static readonly Option<int> Seconds = Number("--seconds", 10, "For how long histories are run, in real time.");
    public static readonly Option<int> Histories = Number("--histories", int.MaxValue, "At most so many histories.");
    public static readonly Option<int> Least = Number("--least", 0, "At least so many histories, however long they take.");
    public static readonly Option<Circumstance?> Meet = new("--meet") { Description = "Only histories that meet a circumstance; None for all others." };
    public static readonly Option<bool> All = new("--all") { Description = "Write a line for each history, not only for those that failed." };
    public static readonly Option<int?> Seed = new("--seed") { Description = "One history.", HelpName = "N" };
    public static readonly Option<List<int>> Keep = Numbers("--keep", "Only these faults of its plan, by their numbers: 0,3; none for no fault.");
    public static readonly Option<bool> Trace = new("--trace") { Description = "Write what happens." };
    public static readonly Option<bool> Shrink = new("--shrink") { Description = "Leave out faults while it still fails." };
    public static readonly Option<PlantedDefect> Plant = new("--plant") { Description = "Put a defect in." };
    public static readonly Option<bool> Json = new("--json") { Description = "The last line is a summary in JSON." };
    private static readonly Option<bool> Scale = new("--scale") { Description = "One cluster at full size: restarts, a lost zone, twice the shards." };
    private static readonly Option<int> Silos = Number("--silos", 64, "Its silos.");
    private static readonly Option<int> Shards = Number("--shards", 5_000, "Its shards, before they are doubled.");
    private static readonly Option<int> Ordered = Number("--ordered", 500, "How many of them belong to an ordered stream.");
    private static readonly Option<int> Minutes = Number("--minutes", 60, "How long records are put, in simulated minutes.");

    public static RootCommand Command { get; } = new("Runs the product with a clock, a network, stores and a Kinesis of the simulator's.")
    {
        First, Seeds, Seconds, Histories, Least, Meet, All, Seed, Keep, Trace, Shrink, Plant, Json, Scale, Silos, Shards, Ordered, Minutes,
    };

    /// <summary>The scale run that is asked for; null for none.</summary>
    public static ScalePlan? ScaleOf(ParseResult arguments) => !arguments.GetValue(Scale) ? null : new ScalePlan
    {
        Silos = arguments.GetValue(Silos),
        Shards = arguments.GetValue(Shards),
        Ordered = arguments.GetValue(Ordered),
        Time = TimeSpan.FromMinutes(arguments.GetValue(Minutes)),
    };

    /// <summary>Returns an option's numbers; null where it is not given.</summary>
    public static List<int>? NumbersOf(ParseResult arguments, Option<List<int>> option) =>
        arguments.GetResult(option) is { Implicit: false } ? arguments.GetValue(option) : null;

    private static Option<int> Number(string name, int usual, string description) =>
        new(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => usual };

    private static Option<List<int>> Numbers(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "N,N",
        CustomParser = result =>
        {
            var numbers = new List<int>();
            foreach (var text in result.Tokens.SelectMany(static t => t.Value.Split(',')).Where(static t => t != "none"))
            {
                if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                    numbers.Add(number);
                else
                    result.AddError($"{name}: '{text}' is no number");
            }

            return numbers;
        },
    };
}
