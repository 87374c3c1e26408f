namespace Orleans.Kpl.Benchmarks;

/// <summary><c>NAME [--json] [--runs N] [--only PARTS] [--tls]</c>.</summary>
/// <param name="Json">Whether the last line is JSON.</param>
/// <param name="Runs">How often each part is measured; null for the bench's own number.</param>
/// <param name="Only">The parts to measure, of benches whose parts have names: to profile one. Null for all.</param>
/// <param name="Tls">Whether records travel over TLS.</param>
internal sealed record BenchArguments(string Name, bool Json, int? Runs, string[]? Only = null, bool Tls = false)
{
    public static BenchArguments? Parse(string[] args, IEnumerable<string> names, out string error)
    {
        error = $"usage: NAME [--json] [--runs N] [--only PART,PART] [--tls], where NAME is one of {string.Join(", ", names)}";
        if (args.Length == 0 || !names.Contains(args[0]))
            return null;

        var parsed = new BenchArguments(args[0], false, null);
        for (var i = 1; i < args.Length; i++)
        {
            if (args[i] == "--json")
                parsed = parsed with { Json = true };
            else if (args[i] == "--tls" && args[0] is "endtoend" or "latency")
                parsed = parsed with { Tls = true };
            else if (args[i] == "--runs" && i + 1 < args.Length && int.TryParse(args[++i], out var runs) && runs > 0)
                parsed = parsed with { Runs = runs };
            else if (args[i] == "--only" && i + 1 < args.Length)
                parsed = parsed with { Only = [.. parsed.Only ?? [], .. args[++i].Split(',')] };
            else
                return null;
        }

        return parsed;
    }

    private readonly List<string> _parts = [];

    /// <summary>What was asked for with <c>--only</c> and the bench, which has ended, does not have.</summary>
    public string[] UnknownParts => [.. (Only ?? []).Except(_parts)];

    /// <summary>Whether a part is to be measured.</summary>
    public bool Has(string part)
    {
        _parts.Add(part);
        return Only?.Contains(part) != false;
    }
}
