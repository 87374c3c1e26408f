namespace Orleans.Kpl.Pipeline.Retrying;

/// <summary>What the shard map is worth for the answers to one call.</summary>
internal enum MapTrust
{
    /// <summary>It was read before the call began, and no answer of the call contradicts it.</summary>
    Uncontradicted,

    /// <summary>It was read before the call began, and an answer of the call contradicts it: none of it is believed.</summary>
    Contradicted,

    /// <summary>It was read after the call began: reading it again would tell nothing new.</summary>
    Fresh,
}
