namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>Divides a limit among those who want some of it: nobody gets more than is wanted while another wants more (max-min fairness).</summary>
internal static class FairShare
{
    /// <summary>
    /// Returns one's own share. What nobody wants is divided evenly, so that each has something to begin with. The shares of all who reckon with
    /// the same wants add up to the limit. A share only falls where another wants more, and only rises where oneself does.
    /// </summary>
    /// <param name="limit">What there is.</param>
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
            // From here on everybody wants more than an even part of what is left.
            if (wanted > left / sharers)
                return hasOwn ? own : left / sharers;
            left -= wanted;
            hasOwn |= isOwn;
        }

        return own + (left / (others.Length + 1));
    }
}
