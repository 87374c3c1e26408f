namespace Orleans.Kpl.Cluster.Tests.Pods;

/// <summary>Where a pod's program runs, beside what its environment says.</summary>
/// <param name="IsConfined">Whether it is confined as its container is.</param>
/// <param name="Silo">The program of another build; null for the one that is tested.</param>
/// <param name="Memory">What limits its memory; null for nothing.</param>
/// <param name="Secrets">The folder that it has at <c>/etc/kpl</c>; null for none. Only who is confined can have one.</param>
/// <param name="HttpPort">The port of its HTTP; 0 for a free one, which it says when it is ready.</param>
internal sealed record PodPlace(
    bool IsConfined = false, string? Silo = null, MemoryGroup? Memory = null, string? Secrets = null, int HttpPort = 0)
{
    /// <summary>As confined as this machine can.</summary>
    public static PodPlace Default { get; } = new(PodConfinement.IsThere);
}
