namespace Orleans.Kpl.Http.Reading;

/// <summary>
/// Lets only as many large bodies be taken apart at a time as there are processors. Each is work of milliseconds without a pause. With hundreds at once the
/// thread pool's queue would be seconds long, and a silo that answers the probes of its peers so late is declared dead.
/// </summary>
/// <param name="most">How many at a time.</param>
internal sealed class ReadingPermits(int most)
{
    /// <summary>Smaller bodies take microseconds, and need no permit.</summary>
    public const int Large = 64 << 10;

    private readonly SemaphoreSlim _free = new(most);

    public ReadingPermits() : this(Environment.ProcessorCount)
    {
    }

    /// <summary>Waits for a permit, in the order of arrival. It is given back when it is disposed.</summary>
    /// <param name="length">The length of the body in bytes.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async ValueTask<Permit> EnterAsync(int length, CancellationToken cancellationToken)
    {
        if (length < Large)
            return default;
        await _free.WaitAsync(cancellationToken);
        return new Permit(_free);
    }

    /// <summary>A permit, or none.</summary>
    public readonly struct Permit(SemaphoreSlim? free) : IDisposable
    {
        public void Dispose() => free?.Release();
    }
}
