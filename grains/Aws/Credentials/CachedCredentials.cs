using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Credentials;

/// <summary>
/// Caches the credentials of an origin. Credentials that are no longer fresh are still returned while one fetch in the background replaces
/// them, so that no call waits for a refresh. A call waits only when there are no credentials, or Kinesis refused them.
/// </summary>
internal sealed class CachedCredentials(ICredentialOrigin origin, TimeProvider time) : ICredentialSource
{
    private static readonly TimeSpan FetchLimit = TimeSpan.FromSeconds(60);

    /// <summary>A timestamp has room for 292 years, and credentials that say that they never expire ask for more.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    private readonly Lock _lock = new();
    private volatile Kept? _kept;
    private Task<Fetch>? _fetch;
    private bool _wereRefused;

    public ValueTask<SigningCredentials> GetAsync(CancellationToken cancellationToken) =>
        _kept is { } kept && time.GetTimestamp() < kept.FreshUntil ? new(kept.Keys) : RefreshAsync(cancellationToken);

    public void Refuse(SigningCredentials credentials)
    {
        lock (_lock)
        {
            // The origin has no newer credentials for now: a fetch for each refused call would flood it.
            if (_kept is not { } kept || kept.Keys != credentials || time.GetTimestamp() < kept.KnownAsLastUntil)
                return;
            _wereRefused = true;
            _kept = kept with { FreshUntil = long.MinValue, UsableUntil = long.MinValue };
        }
    }

    private async ValueTask<SigningCredentials> RefreshAsync(CancellationToken cancellationToken)
    {
        Task<Fetch> fetch;
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (_kept is { } kept && now < kept.FreshUntil)
                return kept.Keys;
            fetch = _fetch ??= Task.Run(() => FetchAsync(_kept, _wereRefused), CancellationToken.None);
            if (_kept is { } usable && now < usable.UsableUntil)
                return usable.Keys;
        }

        var (keys, failure) = await fetch.WaitAsync(cancellationToken).ConfigureAwait(false);
        return keys ?? throw new KinesisException(
            KinesisFailureKind.NotSent, RecordErrorCodes.CredentialsUnavailable, $"No credentials from {origin.Description}: {failure!.Message}", inner: failure);
    }

    /// <summary>Fetches credentials; never throws, because no caller observes a background fetch.</summary>
    private async Task<Fetch> FetchAsync(Kept? before, bool wereRefused)
    {
        FetchedCredentials fetched;
        try
        {
            using var limit = new CancellationTokenSource(FetchLimit, time);
            // A program's own delegate may block its thread, and AWS's SDK does while instance metadata does not answer: the pool has few threads.
            fetched = await Task.Factory
                .StartNew(() => origin.FetchAsync(wereRefused, limit.Token), limit.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                .Unwrap().Observed().WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            lock (_lock)
            {
                _fetch = null;
                if (_kept is { } kept)
                    _kept = kept with { FreshUntil = Math.Min(kept.UsableUntil, After(FetchedCredentials.PollDelay)) };
            }

            return new Fetch(null, e is OperationCanceledException ? new TimeoutException($"none came within {FetchLimit.TotalSeconds:0} s", e) : e);
        }

        // Unchanged credentials keep the signing key that was derived from them.
        var keys = before is not null && before.Keys.SameAs(fetched.Keys) ? before.Keys : fetched.Keys;
        var areSame = keys == before?.Keys;
        lock (_lock)
        {
            if (wereRefused || !areSame || !_wereRefused)
            {
                _fetch = null;
                _wereRefused = false;
                _kept = new Kept(
                    keys,
                    After(fetched.FreshFor),
                    After(fetched.UsableFor),
                    wereRefused && areSame ? After(FetchedCredentials.PollDelay) : long.MinValue);
                return new Fetch(keys, null);
            }
        }

        // They were refused while the origin was asked, which did not know that and may have cached them.
        return await FetchAsync(before, wereRefused: true).ConfigureAwait(false);
    }

    private long After(TimeSpan delay) =>
        time.GetTimestamp() + (long)(Math.Min(delay.TotalSeconds, Longest.TotalSeconds) * time.TimestampFrequency);

    /// <param name="FreshUntil">The time from which the origin is asked again.</param>
    /// <param name="UsableUntil">The time from which the credentials are no longer returned.</param>
    /// <param name="KnownAsLastUntil">The time until which the origin is known to have no other credentials.</param>
    private sealed record Kept(SigningCredentials Keys, long FreshUntil, long UsableUntil, long KnownAsLastUntil);

    private readonly record struct Fetch(SigningCredentials? Keys, Exception? Failure);
}
