using System.Globalization;
using Orleans.Kpl.Deploy.Tests.Running;

namespace Orleans.Kpl.Cluster.Tests.Pods;

/// <summary>The pods of a Deployment, and the list of those that HTTP goes to.</summary>
internal sealed class PodSet(LaggingEndpoints endpoints) : IAsyncDisposable
{
    private readonly List<PodStandIn> _all = [];
    private readonly List<PodStandIn> _serving = [];

    /// <summary>Starts a pod and waits until it is ready.</summary>
    public async Task AddAsync(PodBuild build)
    {
        var pod = await PodStandIn.StartReadyAsync(build.Rendered, PodLocation.Default with { Silo = build.Silo });
        _all.Add(pod);
        _serving.Add(pod);
        endpoints.Add(pod.Http.BaseAddress!);
    }

    /// <summary>As a Deployment does with one pod more at a time: the next is started as soon as the last is told to leave.</summary>
    /// <param name="settled">How long each must have been ready before one may leave.</param>
    /// <param name="afterFirst">What happens when the first has left, while pods of both builds serve.</param>
    public async Task RollAsync(PodBuild build, TimeSpan settled, Func<Task>? afterFirst = null)
    {
        var deployment = build.Rendered.One("Deployment");
        Assert.Equal(("1", "0"), (deployment.Text("spec.strategy.rollingUpdate.maxSurge"), deployment.Text("spec.strategy.rollingUpdate.maxUnavailable")));
        var grace = TimeSpan.FromSeconds(deployment.Number("spec.template.spec.terminationGracePeriodSeconds"));
        var leaving = new List<Task>();
        foreach (var old in _serving.ToList())
        {
            await AddAsync(build);
            await Task.Delay(settled, TestContext.Current.CancellationToken);
            _serving.Remove(old);
            leaving.Add(LeaveAsync(old, grace));
            if (leaving.Count > 1 || afterFirst is null)
                continue;
            await leaving[0];
            await afterFirst();
        }

        await Task.WhenAll(leaving);
    }

    private async Task LeaveAsync(PodStandIn pod, TimeSpan grace)
    {
        endpoints.Leave(pod.Http.BaseAddress!);
        var began = Stopwatch.GetTimestamp();
        pod.Signal(Signals.Terminate);
        var (code, output, log) = await pod.ExitAsync().WaitAsync(grace, TestContext.Current.CancellationToken);
        await AssertServingAsync();
        Assert.True(code == 0, $"{code}: {PodStandIn.LastWords(log)}");
        Assert.True(DrainLine.Parse(output[^1]).Failed == 0, $"{output[^1]}, and the log: {string.Join('\n', log)}");
        TestContext.Current.TestOutputHelper!.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"left within {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s: {output[^1]}"));
    }

    /// <summary>Nobody else has ended: what such a silo had would be missing at those that leave.</summary>
    private async Task AssertServingAsync()
    {
        foreach (var pod in _serving.Where(static p => p.HasExited))
        {
            var (code, _, log) = await pod.ExitAsync();
            Assert.Fail($"a pod that serves has ended with {code}: {PodStandIn.LastWords(log)}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pod in _all)
            await pod.DisposeAsync();
    }
}

/// <summary>One build as pods have it.</summary>
/// <param name="Silo">Its program; null for the build that is tested.</param>
internal sealed record PodBuild(HelmRun Rendered, string? Silo = null);
