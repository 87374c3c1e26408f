using Orleans.Kpl.Lanes;
using Orleans.Runtime;

namespace Orleans.Kpl.Client.Lanes;

/// <summary>A lane whose silo has answered.</summary>
/// <param name="Grain">The grain that the lane's calls go to.</param>
/// <param name="Session">The session that was opened there.</param>
/// <param name="Silo">The silo that the lane leads to.</param>
/// <param name="Silos">How many silos there are, as that silo knows.</param>
internal sealed record OpenedLane(IClientLane Grain, Guid Session, SiloAddress Silo, int Silos);
