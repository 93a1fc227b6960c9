#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "segmentd/base/result.h"

namespace segmentd::event {

// The paths of all wanted fields as one tree, so that a record is walked once whatever the mapping.
// A path is dotted ("order.total", "items.0.price") or a JSON pointer ("/order/total").
class FieldTree {
 public:
  using NodeId = std::uint32_t;
  static constexpr NodeId kRoot = 0;
  static constexpr NodeId kNone = ~NodeId{0};  // nothing below here is wanted

  FieldTree() : nodes_(1) {}

  // The value at `path` belongs to `target`. kConfig when the path cannot be parsed.
  Status Add(std::string_view path, std::uint16_t target);
  // `name` itself, at the top level, whatever characters it has.
  void AddName(std::string_view name, std::uint16_t target);

  NodeId Find(NodeId parent, std::string_view name) const {
    if (parent == kNone) return kNone;
    NodeId id = nodes_[parent].slots[Slot(name)];
    while (id != kNone && nodes_[id].name != name) id = nodes_[id].next;
    return id;
  }
  const std::vector<std::uint16_t>& targets(NodeId id) const { return nodes_[id].targets; }
  // Where to go on below `id`; kNone when it is a leaf.
  NodeId Inner(NodeId id) const { return id != kNone && nodes_[id].inner ? id : kNone; }

 private:
  static constexpr std::size_t kSlots = 32;

  struct Node {
    Node() { slots.fill(kNone); }
    std::string name;
    std::vector<std::uint16_t> targets;
    std::array<NodeId, kSlots> slots;  // children by a hash of their names, chained by `next`
    NodeId next = kNone;
    bool inner = false;
  };

  // Size and two letters tell the names of a record apart nearly always, at the cost of three
  // loads.
  static std::size_t Slot(std::string_view name) {
    if (name.empty()) return 0;
    return (name.size() * 5 + static_cast<unsigned char>(name.front()) * 3u +
            static_cast<unsigned char>(name.back())) %
           kSlots;
  }

  NodeId Child(NodeId parent, std::string_view name);

  std::vector<Node> nodes_;
};

}  // namespace segmentd::event
