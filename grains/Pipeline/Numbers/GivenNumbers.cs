using System.Collections.Concurrent;

namespace Orleans.Kpl.Pipeline.Numbers;

/// <summary>How far the numbers of each stream were given in this process, also by those that have closed and opened again.</summary>
internal sealed class GivenNumbers
{
    /// <summary>How many producers of a stream are told: each time that it opens begins another.</summary>
    private const int Kept = 8;

    private readonly ConcurrentDictionary<string, ProducerNumbers[]> _streams = new(StringComparer.Ordinal);

    /// <summary>The streams that have numbers.</summary>
    public ICollection<string> Streams => _streams.Keys;

    /// <summary>The last number of each line of a stream, the latest first.</summary>
    public IReadOnlyList<LastNumber> Of(string stream) =>
        [.. _streams.GetValueOrDefault(stream, []).SelectMany(static p => p.Last).OrderByDescending(static n => n.GivenAt).Take(ProducerNumbers.Told)];

    /// <summary>Notes a producer that begins.</summary>
    public void Add(string stream, ProducerNumbers numbers) => _streams.AddOrUpdate(
        stream, [numbers], (_, former) => [.. former.Where(static p => p.Last.Count > 0).TakeLast(Kept - 1), numbers]);

    /// <summary>Forgets a stream.</summary>
    public void Forget(string stream) => _streams.TryRemove(stream, out _);
}
