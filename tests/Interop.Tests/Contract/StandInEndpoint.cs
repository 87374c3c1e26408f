namespace Orleans.Kpl.Interop.Tests.Contract;

/// <summary>A Kinesis endpoint by others, in a process of its own.</summary>
public abstract class StandInEndpoint(string script) : ContractEndpoint
{
    private StandIn? _standIn;

    protected override async Task<Uri> StartServerAsync() => (_standIn = await StandIn.StartAsync(script)).Url;

    protected override ValueTask StopServerAsync() => _standIn?.DisposeAsync() ?? default;
}
