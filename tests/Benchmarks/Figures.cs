using System.Globalization;
using System.Text.Json;

namespace Orleans.Kpl.Benchmarks;

/// <summary>What a bench found: named numbers, in the order they are told.</summary>
internal sealed class Figures
{
    private readonly List<(string Name, double Value)> _all = [];

    public double this[string name] => _all.Find(f => f.Name == name).Value;

    public Figures Add(string name, double value)
    {
        _all.Add((name, value));
        return this;
    }

    /// <summary>A table, or with <paramref name="json"/> one line of JSON, the last line of the output.</summary>
    public void Print(string bench, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(_all.ToDictionary(f => f.Name, f => Math.Round(f.Value, Digits(f.Value)))));
            return;
        }

        Console.WriteLine($"{bench} on {Machine.Describe()}");
        foreach (var (name, value) in _all)
            Console.WriteLine($"  {name,-42} {value.ToString("N" + Digits(value), CultureInfo.InvariantCulture),18}");
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>How far the median of as many values may be off by chance: twice its standard error, from the distance between the quartiles.</summary>
    public static double SpreadOfMedian(IReadOnlyCollection<double> values)
    {
        var sorted = values.Order().ToArray();
        // Of a normal distribution the quartiles are 1.349 standard deviations apart, and the median's error is 1.253 times that of the mean.
        var deviation = (sorted[sorted.Length * 3 / 4] - sorted[sorted.Length / 4]) / 1.349;
        return 2 * 1.253 * deviation / Math.Sqrt(sorted.Length);
    }

    private static int Digits(double value) => Math.Abs(value) >= 10_000 ? 0 : Math.Abs(value) >= 10 ? 2 : 5;
}
