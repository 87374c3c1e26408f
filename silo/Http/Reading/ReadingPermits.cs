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

    /// <summary>Waits for a permit, in the order of arrival. It is given back when it is disposed; null where none is needed.</summary>
    /// <param name="length">The length of the body in bytes.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async ValueTask<Turn?> EnterAsync(int length, CancellationToken cancellationToken) =>
        length < Large ? null : await _free.EnterAsync(cancellationToken);
}
