namespace Orleans.Kpl.Pipeline.Retrying;

/// <summary>How far the shard map can be trusted for the answers to one call.</summary>
internal enum MapTrust
{
    /// <summary>It was read before the call began, and no answer of the call contradicts it.</summary>
    Uncontradicted,

    /// <summary>It was read before the call began, and an answer of the call contradicts it: no part of it is trusted.</summary>
    Contradicted,

    /// <summary>It was read after the call began, so reading it again would add nothing.</summary>
    Fresh,
}
