namespace Orleans.Kpl.Cli.Terminal;

/// <summary>Says which endpoint is waited for once an answer takes longer than two seconds: a command that waits looks like one that hangs.</summary>
internal static class WaitNotice
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Returns the result of a call, and names its endpoint where that takes long.</summary>
    public static async Task<T> WatchAsync<T>(StatusLine status, TimeProvider time, Uri address, Task<T> call)
    {
        await using var timer = time.CreateTimer(
            _ => status.WriteLine($"kpl: waiting for {address.AbsoluteUri.TrimEnd('/')} to answer", Tone.Warning), null, Patience, Timeout.InfiniteTimeSpan);
        return await call.ConfigureAwait(false);
    }
}
