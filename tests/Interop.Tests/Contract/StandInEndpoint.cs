namespace Orleans.Kpl.Interop.Tests.Contract;

/// <summary>A Kinesis endpoint by others, in a process of its own.</summary>
public abstract class StandInEndpoint(string script) : ContractEndpoint
{
    private Server? _server;

    protected override async Task<Uri> StartServerAsync()
    {
        Needs.NodePackages();
        _server = await Server.StartStandInAsync(script);
        return new Uri($"http://127.0.0.1:{_server.Ready}");
    }

    protected override ValueTask StopServerAsync() => _server?.DisposeAsync() ?? default;
}
