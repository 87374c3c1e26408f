using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>The demand of all silos for the quotas, as one of them knows it at one instant. It never changes.</summary>
/// <param name="own">What the silo itself may reckon with.</param>
/// <param name="others">What the other silos want; null for one that has not said anything yet.</param>
internal sealed class QuotaView(IReadOnlyDictionary<string, QuotaDemand> own, IReadOnlyList<IReadOnlyDictionary<string, QuotaDemand>?> others)
{
    /// <summary>
    /// The fraction of an even share that a silo has although others want all of it, so that a first request need not wait until they know. All silos
    /// together give out so much more than the quota at most, until they have talked.
    /// </summary>
    private const double LeastShare = 0.05;

    private const int MostOnStack = 64;

    /// <summary>The view of a process without others.</summary>
    public static QuotaView Alone { get; } = new(new Dictionary<string, QuotaDemand>(), []);

    /// <summary>How many silos share the quotas, this one included.</summary>
    public int Silos => others.Count + 1;

    /// <summary>Returns how many records a second of a quota this silo may let through.</summary>
    public double RecordsOf(string identity, long limit) => Of(identity, limit, static d => d.Records);

    /// <summary>Returns how many bytes a second of a quota this silo may let through.</summary>
    public double BytesOf(string identity, long limit) => Of(identity, limit, static d => d.Bytes);

    private double Of(string identity, long limit, Func<QuotaDemand, double> wanted)
    {
        if (others.Count == 0)
            return limit;
        Span<double> wants = others.Count <= MostOnStack ? stackalloc double[others.Count] : new double[others.Count];
        for (var i = 0; i < wants.Length; i++)
            wants[i] = others[i] is { } other ? wanted(other.GetValueOrDefault(identity)) : double.PositiveInfinity;
        return Math.Max(FairShare.Of(limit, wanted(own.GetValueOrDefault(identity)), wants), LeastShare * limit / Silos);
    }
}

/// <summary>Divides a limit among those who want some of it: nobody gets more than is wanted while another wants more (max-min fairness).</summary>
internal static class FairShare
{
    /// <summary>
    /// Returns one's own share. What nobody wants is divided evenly, so that each has something to begin with. The shares of all who reckon with
    /// the same wants add up to the limit. A share only falls where another wants more, and only rises where oneself does.
    /// </summary>
    /// <param name="own">What one wants oneself; infinity for as much as there is.</param>
    /// <param name="others">What the others want. The order changes.</param>
    public static double Of(double limit, double own, Span<double> others)
    {
        others.Sort();
        var (left, sharers, hasOwn) = (limit, others.Length + 1, false);
        for (var i = 0; sharers > 0; sharers--)
        {
            var isOwn = !hasOwn && (i == others.Length || own <= others[i]);
            var wanted = isOwn ? own : others[i++];
            // From here on everybody wants more than an even share of what is left.
            if (wanted > left / sharers)
                return hasOwn ? own : left / sharers;
            left -= wanted;
            hasOwn |= isOwn;
        }

        return own + (left / (others.Length + 1));
    }
}
