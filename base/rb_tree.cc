#include "base/rb_tree.h"

namespace base::rb {
namespace {
bool is_red(const RbNode* n) { return n != nullptr && n->red; }

void update_one(RbNode* n, Update update) {
    if (update != nullptr && n != nullptr) update(*n);
}
void update_path(RbNode* n, Update update) {
    if (update == nullptr) return;
    for (; n != nullptr; n = n->parent) update(*n);
}
// Puts `b` where `a` hangs below a's parent.
void replace_child(RbNode*& root, RbNode& a, RbNode* b) {
    if (a.parent == nullptr) {
        root = b;
    } else if (a.parent->left == &a) {
        a.parent->left = b;
    } else {
        a.parent->right = b;
    }
    if (b != nullptr) b->parent = a.parent;
}
void rotate_left(RbNode*& root, RbNode& x, Update update) {
    RbNode& y = *x.right;
    x.right = y.left;
    if (y.left != nullptr) y.left->parent = &x;
    replace_child(root, x, &y);
    y.left = &x;
    x.parent = &y;
    update_one(&x, update);
    update_one(&y, update);
}
void rotate_right(RbNode*& root, RbNode& x, Update update) {
    RbNode& y = *x.left;
    x.left = y.right;
    if (y.right != nullptr) y.right->parent = &x;
    replace_child(root, x, &y);
    y.right = &x;
    x.parent = &y;
    update_one(&x, update);
    update_one(&y, update);
}
// `x` (may be null) below `parent` carries one black too few.
void erase_fixup(RbNode*& root, RbNode* x, RbNode* parent, Update update) {
    while (x != root && !is_red(x)) {
        if (x == parent->left) {
            RbNode* w = parent->right;
            if (w->red) {
                w->red = false;
                parent->red = true;
                rotate_left(root, *parent, update);
                w = parent->right;
            }
            if (!is_red(w->left) && !is_red(w->right)) {
                w->red = true;
                x = parent;
                parent = x->parent;
                continue;
            }
            if (!is_red(w->right)) {
                w->left->red = false;
                w->red = true;
                rotate_right(root, *w, update);
                w = parent->right;
            }
            w->red = parent->red;
            parent->red = false;
            w->right->red = false;
            rotate_left(root, *parent, update);
        } else {
            RbNode* w = parent->left;
            if (w->red) {
                w->red = false;
                parent->red = true;
                rotate_right(root, *parent, update);
                w = parent->left;
            }
            if (!is_red(w->left) && !is_red(w->right)) {
                w->red = true;
                x = parent;
                parent = x->parent;
                continue;
            }
            if (!is_red(w->left)) {
                w->right->red = false;
                w->red = true;
                rotate_left(root, *w, update);
                w = parent->left;
            }
            w->red = parent->red;
            parent->red = false;
            w->left->red = false;
            rotate_right(root, *parent, update);
        }
        x = root;
        break;
    }
    if (x != nullptr) x->red = false;
}
}  // namespace

void insert_fixup(RbNode*& root, RbNode& node, Update update) {
    RbNode* n = &node;
    while (n->parent != nullptr && n->parent->red) {
        RbNode* parent = n->parent;
        RbNode* grand = parent->parent;  // exists: a red node is never the root
        RbNode* uncle = parent == grand->left ? grand->right : grand->left;
        if (is_red(uncle)) {
            parent->red = uncle->red = false;
            grand->red = true;
            n = grand;
            continue;
        }
        if (parent == grand->left) {
            if (n == parent->right) {
                rotate_left(root, *parent, update);
                parent = n;
            }
            parent->red = false;
            grand->red = true;
            rotate_right(root, *grand, update);
        } else {
            if (n == parent->left) {
                rotate_right(root, *parent, update);
                parent = n;
            }
            parent->red = false;
            grand->red = true;
            rotate_left(root, *grand, update);
        }
        break;
    }
    root->red = false;
}

void erase(RbNode*& root, RbNode& node, Update update) {
    RbNode* child;
    RbNode* parent;
    bool removed_red;
    if (node.left == nullptr || node.right == nullptr) {
        child = node.left != nullptr ? node.left : node.right;
        parent = node.parent;
        removed_red = node.red;
        replace_child(root, node, child);
    } else {
        RbNode* heir = first(node.right);
        removed_red = heir->red;
        child = heir->right;
        if (heir->parent == &node) {
            parent = heir;
        } else {
            parent = heir->parent;
            replace_child(root, *heir, child);
            heir->right = node.right;
            heir->right->parent = heir;
        }
        replace_child(root, node, heir);
        heir->left = node.left;
        heir->left->parent = heir;
        heir->red = node.red;
    }
    update_path(parent, update);
    if (!removed_red) erase_fixup(root, child, parent, update);
}

RbNode* first(RbNode* root) {
    if (root == nullptr) return nullptr;
    while (root->left != nullptr) root = root->left;
    return root;
}
RbNode* last(RbNode* root) {
    if (root == nullptr) return nullptr;
    while (root->right != nullptr) root = root->right;
    return root;
}
RbNode* next(RbNode& node) {
    if (node.right != nullptr) return first(node.right);
    RbNode* n = &node;
    while (n->parent != nullptr && n == n->parent->right) n = n->parent;
    return n->parent;
}
RbNode* prev(RbNode& node) {
    if (node.left != nullptr) return last(node.left);
    RbNode* n = &node;
    while (n->parent != nullptr && n == n->parent->left) n = n->parent;
    return n->parent;
}
}  // namespace base::rb
