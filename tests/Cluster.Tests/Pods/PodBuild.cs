using Orleans.Kpl.Deploy.Tests.Running;

namespace Orleans.Kpl.Cluster.Tests.Pods;

/// <summary>One build as pods have it.</summary>
/// <param name="Rendered">What its chart renders.</param>
/// <param name="Silo">Its program; null for the build that is tested.</param>
internal sealed record PodBuild(HelmRun Rendered, string? Silo = null);
