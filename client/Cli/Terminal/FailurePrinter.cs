namespace Orleans.Kpl.Cli.Terminal;

/// <summary>Prints the first failures, one line each, and counts all of them by code.</summary>
/// <param name="unit">What the numbers count.</param>
internal sealed class FailurePrinter(StatusLine status, string unit = "record")
{
    /// <summary>The number of failures that are printed one by one.</summary>
    public const int Printed = 10;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, long> _byCode = new(StringComparer.Ordinal);
    private long _count;
    private int _printed;

    /// <summary>The number of all failures so far.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <param name="print">Whether to print the failure if it is one of the first; otherwise it is only counted.</param>
    /// <param name="place">Says where it was read; null where the number tells that.</param>
    public void Add(long number, string code, string? message, bool print = true, string? place = null)
    {
        lock (_lock)
        {
            _byCode[code] = _byCode.GetValueOrDefault(code) + 1;
            Interlocked.Increment(ref _count);
            if (!print || _printed++ >= Printed)
                return;
            status.WriteLine($"kpl: {place ?? $"{unit} {number:N0}"}: {code}: {message}", Tone.Bad);
            if (_printed == Printed)
                status.WriteLine("kpl: further failures are only counted");
        }
    }

    /// <summary>Formats the number of failures of each code, such as <c>3 Expired, 1 InvalidJson</c>.</summary>
    public string ByCode()
    {
        lock (_lock)
            return string.Join(", ", _byCode.Select(static pair => $"{pair.Value:N0} {pair.Key}"));
    }
}
