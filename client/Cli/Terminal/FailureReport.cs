using System.Globalization;

namespace Orleans.Kpl.Cli.Terminal;

/// <summary>Prints the first failures, one line each, and counts all of them by code.</summary>
internal sealed class FailureReport(StatusLine status)
{
    /// <summary>Failures that are printed one by one.</summary>
    public const int Printed = 10;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, long> _byCode = new(StringComparer.Ordinal);
    private long _count;

    /// <summary>All failures so far.</summary>
    public long Count => Volatile.Read(ref _count);

    public void Add(long line, string code, string? message)
    {
        lock (_gate)
        {
            _byCode[code] = _byCode.GetValueOrDefault(code) + 1;
            var count = Interlocked.Increment(ref _count);
            if (count <= Printed)
                status.WriteLine(string.Create(CultureInfo.InvariantCulture, $"kpl: record {line:N0}: {code}: {message}"));
            if (count == Printed)
                status.WriteLine("kpl: further failures are only counted");
        }
    }

    /// <summary>How many of each code, such as <c>3 Expired, 1 InvalidJson</c>.</summary>
    public string ByCode()
    {
        lock (_gate)
            return string.Join(", ", _byCode.Select(static pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Value:N0} {pair.Key}")));
    }
}
