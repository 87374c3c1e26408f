using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Orleans.Kpl.Benchmarks;

/// <summary>What a bench found: named numbers in the order they are told, each the median of its rounds, and bars that some of them missed.</summary>
internal sealed class Figures
{
    private readonly List<(string Name, List<double> Values)> _all = [];
    private readonly List<string> _missed = [];

    /// <summary>The median of a figure's rounds.</summary>
    public double this[string name] => Median(_all.Find(f => f.Name == name).Values);

    /// <summary>What was missed, in words; empty where every bar was met.</summary>
    public string Missed => string.Join("; ", _missed);

    public bool Has(string name) => _all.Exists(f => f.Name == name);

    public Figures Add(string name, double value)
    {
        if (_all.Find(f => f.Name == name).Values is { } known)
            known.Add(value);
        else
            _all.Add((name, [value]));
        return this;
    }

    /// <summary>Adds what one round found.</summary>
    public Figures Add(IEnumerable<KeyValuePair<string, double>> round)
    {
        foreach (var (name, value) in round)
            Add(name, value);
        return this;
    }

    /// <summary>Adds what one round found.</summary>
    public void Add(Figures round) => Add(round._all.Select(static f => KeyValuePair.Create(f.Name, Median(f.Values))));

    /// <summary>Holds a figure, if it was measured, to a bar: what it is at least, and at most.</summary>
    public Figures Hold(string name, double least = double.NegativeInfinity, double most = double.PositiveInfinity)
    {
        if (_all.Exists(f => f.Name == name) && (this[name] < least || this[name] > most))
            _missed.Add($"{name} is {this[name]:0.#####}: it must be {(this[name] < least ? $"{least} at least" : $"{most} at most")}");
        return this;
    }

    /// <summary>A table, or with <paramref name="json"/> one line of JSON, the last line of the output.</summary>
    public void Print(string bench, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(_all.ToDictionary(static f => f.Name, f => Math.Round(this[f.Name], Digits(this[f.Name])))));
            return;
        }

        Console.WriteLine($"{bench} on {DescribeMachine()}");
        foreach (var (name, values) in _all)
            Console.WriteLine($"  {name,-42} {Text(Median(values)),18}");
    }

    public override string ToString() => string.Join(", ", _all.Select(static f => $"{f.Name} {Text(Median(f.Values))}"));

    private static string Text(double value) => value.ToString("N" + Digits(value), CultureInfo.InvariantCulture);

    private static int Digits(double value) => Math.Abs(value) >= 10_000 ? 0 : Math.Abs(value) >= 10 ? 2 : 5;

    private static double Median(IReadOnlyCollection<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static string DescribeMachine()
    {
        const string file = "/proc/cpuinfo";
        var model = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(static l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        var processor = model is null ? RuntimeInformation.ProcessArchitecture.ToString() : model[(model.IndexOf(':') + 1)..].Trim();
        return $"{processor}, {Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, "
            + $"{DateTime.UtcNow:yyyy-MM-dd}";
    }
}
