using System.Collections.Concurrent;

namespace Orleans.Kpl.Pipeline.Numbers;

/// <summary>How far the numbers of each stream were given in this process, also by those that have closed and opened again.</summary>
internal sealed class GivenNumbers
{
    /// <summary>How many producers of a stream may go on giving numbers: each time that it opens begins another, and the former ones end.</summary>
    private const int Live = 8;

    private readonly ConcurrentDictionary<string, Producers> _streams = new(StringComparer.Ordinal);

    /// <summary>The streams that have numbers.</summary>
    public ICollection<string> Streams => _streams.Keys;

    /// <summary>The last number of each line of a stream, the latest first.</summary>
    public IReadOnlyList<LastNumber> Of(string stream) =>
        _streams.TryGetValue(stream, out var producers) ? Latest([.. producers.Live.SelectMany(static p => p.Last), .. producers.Ended]) : [];

    /// <summary>Notes a producer that begins.</summary>
    public void Add(string stream, ProducerNumbers numbers) => _streams.AddOrUpdate(stream, new Producers([numbers], []), (_, former) =>
    {
        ProducerNumbers[] gave = [.. former.Live.Where(static p => p.Last.Count > 0)];
        var ended = gave.SkipLast(Live - 1).SelectMany(static p => p.Last).ToList();
        return new Producers([.. gave.TakeLast(Live - 1), numbers], ended.Count > 0 ? Latest([.. ended, .. former.Ended]) : former.Ended);
    });

    /// <summary>Forgets a stream.</summary>
    public void Forget(string stream) => _streams.TryRemove(stream, out _);

    private static LastNumber[] Latest(IEnumerable<LastNumber> lines) =>
        [.. lines.OrderByDescending(static n => n.GivenAt).Take(ProducerNumbers.Told)];

    /// <summary>The producers of a stream.</summary>
    /// <param name="Live">Those that began last.</param>
    /// <param name="Ended">The last number of each line of those before.</param>
    private sealed record Producers(ProducerNumbers[] Live, LastNumber[] Ended);
}
