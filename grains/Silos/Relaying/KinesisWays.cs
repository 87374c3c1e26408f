using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.Health;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Relaying;

/// <summary>This silo's ways to Kinesis, one for each stream: a stream may have a role and credentials of its own.</summary>
internal sealed partial class KinesisWays(LiveSilos silos, KplOptions options, TimeProvider time, ILogger<KinesisWays> logger)
{
    /// <summary>So many streams at most: whoever may put can make names up. The calls of any other go straight.</summary>
    public const int Most = 1_000;

    /// <summary>The streams of which a call has failed on the way.</summary>
    private readonly ConcurrentDictionary<string, KinesisWay> _ways = new(StringComparer.Ordinal);

    /// <summary>Returns the way of a stream; null where none of its calls has failed on it.</summary>
    public KinesisWay? Find(string stream) => _ways.GetValueOrDefault(stream);

    /// <summary>Forgets an idle stream.</summary>
    public void Forget(string stream) => _ways.TryRemove(stream, out _);

    /// <summary>Returns how a stream is called from here.</summary>
    public StreamTarget TargetOf(string stream) => StreamTarget.Of(stream, options.GetStream(stream));

    /// <summary>The other silos, which may have a way where this one has none.</summary>
    public IEnumerable<SiloId> Others => silos.Owners.Where(s => !s.Equals(silos.Self));

    /// <summary>Makes a call straight, and notes whether it reached Kinesis.</summary>
    public async ValueTask<T> StraightAsync<T>(string stream, Func<ValueTask<T>> call)
    {
        try
        {
            var answer = await call().ConfigureAwait(false);
            Reached(stream);
            return answer;
        }
        catch (KinesisException e)
        {
            if (AwayCodes.IsOfTheWay(e.Code))
                Failed(stream, e);
            else if (e.Kind != KinesisFailureKind.NotSent)
                Reached(stream);
            throw;
        }
    }

    private void Reached(string stream)
    {
        if (_ways.TryGetValue(stream, out var way) && way.Reach() && Others.Any())
            LogMended(stream);
    }

    private void Failed(string stream, KinesisException why)
    {
        if (_ways.Count >= Most)
            RemoveUnused();
        var way = _ways.Count < Most ? _ways.GetOrAdd(stream, static (_, t) => new(t), time) : Find(stream);
        if (way?.Fail() == true && Others.Any())
            LogBroken(stream, why.Code, why.Message);
    }

    /// <summary>Removes the ways of streams that were asked for once: none of them closes here as an idle one.</summary>
    private void RemoveUnused()
    {
        foreach (var (stream, way) in _ways)
        {
            if (way.RelayedSince is null)
                _ways.TryRemove(stream, out _);
        }
    }

    [LoggerMessage(234, LogLevel.Warning, "Calls of {Stream} do not reach Kinesis from this silo ({Code}: {Why}); they go through other silos")]
    private partial void LogBroken(string stream, string code, string why);

    [LoggerMessage(235, LogLevel.Information, "Calls of {Stream} reach Kinesis from this silo again")]
    private partial void LogMended(string stream);
}
