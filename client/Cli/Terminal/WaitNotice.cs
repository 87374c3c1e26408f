namespace Orleans.Kpl.Cli.Terminal;

/// <summary>Says whose answer is waited for, where it takes longer than two seconds: what hangs looks like a command that does nothing.</summary>
internal static class WaitNotice
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Returns the result of a call, and says meanwhile where it went.</summary>
    public static async Task<T> WatchAsync<T>(StatusLine status, TimeProvider time, Uri address, Task<T> call)
    {
        await using var timer = time.CreateTimer(
            _ => status.WriteLine($"kpl: waiting for {address.AbsoluteUri.TrimEnd('/')} to answer", Tone.Warning), null, Patience, Timeout.InfiniteTimeSpan);
        return await call.ConfigureAwait(false);
    }
}
