namespace Orleans.Kpl;

/// <summary>Turns of callers across awaits, of whom a semaphore lets in one or a few at a time.</summary>
internal static class Turns
{
    extension(SemaphoreSlim callers)
    {
        /// <summary>Waits for the caller's turn, which ends when it is disposed.</summary>
        /// <exception cref="OperationCanceledException">Cancelled; the turn went to others.</exception>
        public async ValueTask<Turn> EnterAsync(CancellationToken cancellationToken = default)
        {
            await callers.WaitAsync(cancellationToken).ConfigureAwait(false);
            return new Turn(callers);
        }
    }
}

/// <summary>One caller's turn.</summary>
internal readonly struct Turn(SemaphoreSlim callers) : IDisposable
{
    public void Dispose() => callers.Release();
}
