using System.Collections.Concurrent;

namespace Orleans.Kpl.Testing;

/// <summary>Clients of a process, each putting one record after the other until it is refused or the process is gone, and what was answered as taken.</summary>
internal sealed class TakenLoad
{
    private readonly ConcurrentBag<string> _taken = [];
    private readonly TaskCompletionSource _isLoaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _clients;
    private int _refused;

    /// <summary>Starts the clients.</summary>
    /// <param name="enough">How many records <see cref="LoadedAsync"/> waits for.</param>
    /// <param name="put">Puts a record with a key, a client's n-th, and returns the status of the answer.</param>
    public TakenLoad(int clients, int enough, Func<string, int, Task<int>> put) =>
        _clients = Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
    {
        for (var i = 0; ; i++)
        {
            var key = $"c{client}-{i}";
            int status;
            try
            {
                status = await put(key, i);
            }
            catch (HttpRequestException)
            {
                return; // the process is gone, or the connection: nothing was answered
            }

            if (status == 503)
                Interlocked.Increment(ref _refused);
            if (status is not (200 or 202))
                return;
            _taken.Add(key);
            if (_taken.Count >= enough)
                _isLoaded.TrySetResult();
        }
    })));

    /// <summary>How many records were answered with 503.</summary>
    public int Refused => _refused;

    /// <summary>Completes when enough records were taken.</summary>
    public async Task LoadedAsync() =>
        Assert.Same(_isLoaded.Task, await Task.WhenAny(_isLoaded.Task, _clients).WaitAsync(TestContext.Current.CancellationToken));

    /// <summary>The keys of what was taken, when all clients have ended.</summary>
    public async Task<IReadOnlyCollection<string>> EndAsync()
    {
        await _clients;
        return _taken;
    }
}
