using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes.Dealing;

/// <summary>A lane whose silo has answered.</summary>
/// <param name="Calls">The lane's calls.</param>
/// <param name="Session">The session that was opened there.</param>
/// <param name="Silo">The silo that the lane leads to.</param>
/// <param name="Silos">How many silos there are, as that silo knows.</param>
internal sealed record OpenedLane(ILaneCalls Calls, Guid Session, SiloId Silo, int Silos);
