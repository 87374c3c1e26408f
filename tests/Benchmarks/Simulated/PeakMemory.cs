namespace Orleans.Kpl.Benchmarks.Simulated;

/// <summary>Looks at the memory of this process a hundred times a second and keeps the most.</summary>
internal sealed class PeakMemory : IDisposable
{
    private readonly Func<long> _measure;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;

    public PeakMemory(Func<long> measure)
    {
        _measure = measure;
        _thread = new Thread(Watch) { IsBackground = true };
        _thread.Start();
    }

    public long Bytes { get; private set; }

    public void Stop()
    {
        _stop.Set();
        _thread.Join();
    }

    public void Dispose() => Stop();

    private void Watch()
    {
        do
        {
            Bytes = Math.Max(Bytes, _measure());
        }
        while (!_stop.Wait(10));
    }
}
