using Orleans.Kpl.Lanes;
using Orleans.Runtime;

namespace Orleans.Kpl.Client.Lanes;

/// <summary>A lane whose silo has answered.</summary>
/// <param name="Grain">The way.</param>
/// <param name="Session">The session that was opened there.</param>
/// <param name="Silo">Where it leads.</param>
/// <param name="Silos">How many silos there are, as that one knows.</param>
internal sealed record OpenedLane(IClientLane Grain, Guid Session, SiloAddress Silo, int Silos);
