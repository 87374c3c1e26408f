namespace Orleans.Kpl.Benchmarks;

/// <summary><c>NAME [--json] [--runs N]</c>.</summary>
internal sealed record BenchArguments(string Name, bool Json, int? Runs)
{
    public static BenchArguments? Parse(string[] args, IEnumerable<string> names, out string error)
    {
        error = $"usage: NAME [--json] [--runs N], where NAME is one of {string.Join(", ", names)}";
        if (args.Length == 0 || !names.Contains(args[0]))
            return null;

        var parsed = new BenchArguments(args[0], false, null);
        for (var i = 1; i < args.Length; i++)
        {
            if (args[i] == "--json")
                parsed = parsed with { Json = true };
            else if (args[i] == "--runs" && i + 1 < args.Length && int.TryParse(args[++i], out var runs) && runs > 0)
                parsed = parsed with { Runs = runs };
            else
                return null;
        }

        return parsed;
    }
}
