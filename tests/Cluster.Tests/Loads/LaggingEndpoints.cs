namespace Orleans.Kpl.Cluster.Tests.Loads;

/// <summary>
/// Sends each request to one of the silos in turn, as a service does whose list of endpoints lags: a silo that leaves gets requests for a while.
/// </summary>
/// <param name="lag">How long after a silo was told to leave.</param>
internal sealed class LaggingEndpoints(TimeSpan lag) : DelegatingHandler(new SocketsHttpHandler())
{
    private readonly Lock _lock = new();
    private readonly List<(Uri Silo, long Until)> _silos = [];
    private int _next;

    public void Add(Uri silo)
    {
        lock (_lock)
            _silos.Add((silo, long.MaxValue));
    }

    /// <summary>The silo is told to leave; the list knows of it when the lag has passed.</summary>
    public void Leave(Uri silo)
    {
        lock (_lock)
        {
            var place = _silos.FindIndex(s => s.Silo == silo);
            _silos[place] = (silo, Stopwatch.GetTimestamp() + (long)(lag.TotalSeconds * Stopwatch.Frequency));
        }
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var now = Stopwatch.GetTimestamp();
            _silos.RemoveAll(s => s.Until <= now);
            request.RequestUri = new Uri(_silos[(_next++ & int.MaxValue) % _silos.Count].Silo, request.RequestUri!.PathAndQuery);
        }

        return base.SendAsync(request, cancellationToken);
    }
}
